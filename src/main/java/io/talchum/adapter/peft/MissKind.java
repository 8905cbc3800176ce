package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import io.talchum.adapter.folder.StoredValues;
import java.util.List;
import java.util.Set;

/**
 * MiSS (arXiv:2409.15371): the input summed over blocks of r, times a block [r, out]; {@code mini}
 * repeats a narrower block, {@code bat} multiplies the base's blocks.
 */
final class MissKind {
  static final PeftKind KIND =
      new ModuleKind(
          "MISS",
          KindOptions.ofModules(
                  Set.of("r", "mini_r", "init_weights", "bias"), Set.of("miss_dropout"))
              .uncounting(Set.of("bias")),
          MissKind::begin);

  private static final String BLOCK = "miss_block";

  private MissKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int rank = config.whole("r", 64, 1, LoraScale.MAX_RANK);
    JsonNode init = config.get("init_weights");
    return switch (init.isTextual() ? init.textValue() : "") {
      case "" -> module -> summed(source, module, rank, module.out());
      case "mini" -> {
        int width = config.whole("mini_r", 1, 1, LoraScale.MAX_RANK);
        yield module -> summed(source, module, rank, width);
      }
      case "bat" -> module -> bat(source, module, rank);
      default ->
          throw AdapterConfigFields.refuse(
              "init_weights is "
                  + AdapterConfigFields.show(init)
                  + "; write true, false, mini or bat");
    };
  }

  private static List<AdapterPrimitive> summed(
      PeftSource source, AdaptedModule module, int rank, int width) {
    if (module.out() % width != 0) {
      throw AdapterConfigFields.refuse(
          "mini_r " + width + " does not divide the outputs of " + module.path());
    }
    StoredMatrix block = source.stored(module, BLOCK, rank, width, "[r, outputs or mini_r]");
    return module.lowRank(
        rank,
        () -> Matrix.of(rank, module.in(), (row, i) -> i % rank == row ? 1 : 0),
        () -> repeated(block.read(), module.out()),
        1);
  }

  private static Matrix repeated(Matrix block, int out) {
    return Matrix.of(out, block.rows(), (row, i) -> block.at(i, row % block.columns()));
  }

  /** With W in blocks of r x r: each becomes W M + M added, M the block of its rows. */
  private static List<AdapterPrimitive> bat(PeftSource source, AdaptedModule module, int rank) {
    int in = module.in();
    if (module.out() % rank != 0 || in % rank != 0) {
      throw AdapterConfigFields.refuse(
          "r " + rank + " does not divide the sizes of " + module.path());
    }
    StoredValues blocks =
        source.stored(module, BLOCK, "[outputs / r, r, r]", module.out() / rank, rank, rank);
    return module.dense(() -> blockwise(module, blocks.toArray(), rank));
  }

  private static Matrix blockwise(AdaptedModule module, float[] blocks, int rank) {
    int in = module.in();
    float[] delta = new float[Math.multiplyExact(module.out(), in)];
    module.forEachRow(
        (row, weights) -> {
          int block = row / rank * rank * rank;
          for (int i = 0; i < in; i++) {
            int column = i % rank;
            double sum = blocks[block + row % rank * rank + column];
            for (int k = 0; k < rank; k++) {
              sum += (double) weights[i - column + k] * blocks[block + k * rank + column];
            }
            delta[row * in + i] = (float) sum;
          }
        });
    return new Matrix(module.out(), in, delta);
  }
}
