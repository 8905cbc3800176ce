package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** VB-LoRA (arXiv:2405.15179): A and B are put together from mixtures of a bank's vectors. */
final class VbLoraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "VBLORA",
          KindOptions.ofModules(
                  Set.of(
                      "r",
                      "num_vectors",
                      "vector_length",
                      "topk",
                      "save_only_topk_weights",
                      "bias"),
                  Set.of(
                      "vblora_dropout",
                      "init_vector_bank_bound",
                      "init_logits_std",
                      "init_weights"))
              .uncounting(Set.of("bias")),
          VbLoraKind::begin);

  private static final int MAX_VECTORS = 1 << 20;

  private VbLoraKind() {}

  /**
   * @param bank [vectors, length]
   * @param top vectors in a mixture
   * @param onlyTop whether the file holds the weights of the mixtures, else logits of all vectors
   */
  private record Mixer(PeftSource source, int rank, Matrix bank, int top, boolean onlyTop) {
    /** A mixture for each entry of the first two dimensions: [count, length]. */
    Matrix mix(AdaptedModule module, String which, int first, int second) {
      int count = first * second;
      int[] indices = new int[count * top];
      double[] weights = new double[count * top];
      if (onlyTop) {
        readTop(module, which, first, second, indices, weights);
      } else {
        chooseTop(module, which, first, second, indices, weights);
      }
      return Matrix.of(
          count,
          bank.columns(),
          (row, column) -> {
            double sum = 0;
            for (int k = row * top; k < (row + 1) * top; k++) {
              sum += weights[k] * bank.at(indices[k], column);
            }
            return sum;
          });
    }

    /** One weight less than vectors: together they are 1. */
    private void readTop(
        AdaptedModule module, String which, int first, int second, int[] indices, double[] w) {
      String name = PeftSource.name(module.path(), "vblora_logits_" + which + "_topk_");
      int[] read =
          source
              .tensors()
              .indices(name + "indices", bank.rows(), "[.., .., topk]", first, second, top);
      System.arraycopy(read, 0, indices, 0, read.length);
      float[] saved =
          source.tensors().values(name + "weights", "[.., .., topk - 1]", first, second, top - 1);
      for (int i = 0; i < first * second; i++) {
        double left = 1;
        for (int k = 0; k + 1 < top; k++) {
          w[i * top + k] = saved[i * (top - 1) + k];
          left -= w[i * top + k];
        }
        w[i * top + top - 1] = left;
      }
    }

    /** Softmax of the largest logits. */
    private void chooseTop(
        AdaptedModule module, String which, int first, int second, int[] indices, double[] w) {
      float[] logits =
          source.values(
              module,
              "vblora_logits_" + which,
              "[.., .., num_vectors]",
              first,
              second,
              bank.rows());
      for (int i = 0; i < first * second; i++) {
        int from = i * bank.rows();
        int[] best =
            IntStream.range(0, bank.rows())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer v) -> -logits[from + v]))
                .limit(top)
                .mapToInt(Integer::intValue)
                .toArray();
        double sum = 0;
        for (int k = 0; k < top; k++) {
          indices[i * top + k] = best[k];
          w[i * top + k] = Math.exp((double) logits[from + best[k]] - logits[from + best[0]]);
          sum += w[i * top + k];
        }
        for (int k = 0; k < top; k++) {
          w[i * top + k] /= sum;
        }
      }
    }
  }

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int rank = config.whole("r", 4, 1, LoraScale.MAX_RANK);
    int vectors = config.whole("num_vectors", 256, 1, MAX_VECTORS);
    int length = config.whole("vector_length", 256, 1, MAX_VECTORS);
    int top = config.whole("topk", 2, 1, Math.min(vectors, 64));
    Matrix bank =
        source
            .tensors()
            .matrix(
                "base_model.vblora_vector_bank", vectors, length, "[num_vectors, vector_length]");
    Mixer mixer = new Mixer(source, rank, bank, top, config.flag("save_only_topk_weights"));
    return module -> {
      int ins = parts(module.in(), length, module);
      int outs = parts(module.out(), length, module);
      Matrix a = mixer.mix(module, "A", rank, ins);
      Matrix b = mixer.mix(module, "B", outs, rank);
      source
          .tensors()
          .passHeap((long) Float.BYTES * (a.values().length + b.values().length), module.path());
      return module.lowRank(
          rank,
          () -> new Matrix(rank, module.in(), a.values()),
          () ->
              Matrix.of(
                  module.out(), rank, (row, r) -> b.at(row / length * rank + r, row % length)),
          1);
    };
  }

  private static int parts(int size, int length, AdaptedModule module) {
    if (size % length != 0) {
      throw AdapterConfigFields.refuse(
          "vector_length " + length + " does not divide the size " + size + " of " + module.path());
    }
    return size / length;
  }
}
