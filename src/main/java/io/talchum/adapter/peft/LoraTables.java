package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.StoredMatrix;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * LoRA on the look-up and on the head. The one never changes the other, tied or not: where PEFT
 * keeps them equal, the file holds both.
 */
record LoraTables(PeftSource source, LoraScale scales) {
  /** Of the whole table's length; rounding to the base's quantization stays far below. */
  private static final double SAME = 0.2;

  private static final String COPY = "base_layer.weight";

  List<AdapterPrimitive> read(ModuleSelection.Selected selected) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    if ((selected.embedding() || selected.head()) && source.config().flag("use_dora")) {
      throw AdapterConfigFields.refuse("use_dora is served on the layers' linears only");
    }
    if (selected.embedding()) {
      primitives.add(embedding());
    }
    if (selected.head()) {
      primitives.add(head());
    }
    return primitives;
  }

  private EmbeddingLowRank embedding() {
    String path = ModuleSelection.EMBEDDING;
    ModelSpec spec = source.base().spec();
    int rank = scales.rankOf(path);
    float scale = scaleOf(path);
    StoredMatrix a = matrix(path, "lora_embedding_A", rank, spec.vocabSize(), "[r, vocab]");
    StoredMatrix b = matrix(path, "lora_embedding_B", spec.hiddenSize(), rank, "[hidden, r]");
    dropCopy(path, source.base().embedding());
    return new EmbeddingLowRank(rank, scale, a.values(), b.values());
  }

  private HeadLowRank head() {
    String path = ModuleSelection.HEAD;
    ModelSpec spec = source.base().spec();
    int rank = scales.rankOf(path);
    float scale = scaleOf(path);
    StoredMatrix a = matrix(path, "lora_A.weight", rank, spec.hiddenSize(), "[r, hidden]");
    StoredMatrix b = matrix(path, "lora_B.weight", spec.vocabSize(), rank, "[vocab, r]");
    dropCopy(path, source.base().head());
    return new HeadLowRank(rank, scale, a.values(), b.values());
  }

  private float scaleOf(String path) {
    source.requireTensors(path);
    float scale = scales.scaleOf(path);
    source.tensors().count(scale);
    return scale;
  }

  private StoredMatrix matrix(String path, String suffix, int rows, int columns, String meaning) {
    return source.tensors().storedMatrix(PeftSource.name(path, suffix), rows, columns, meaning);
  }

  /** PEFT saves the unchanged table beside the adapter; it has to be the base's. */
  private void dropCopy(String path, BaseWeights.Rows rows) {
    String name = PeftSource.name(path, COPY);
    if (!source.tensors().has(name)) {
      return;
    }
    ModelSpec spec = source.base().spec();
    float[] row = new float[spec.hiddenSize()];
    double[] sums = new double[2];
    source
        .tensors()
        .forEachRow(
            name,
            spec.vocabSize(),
            spec.hiddenSize(),
            "[vocab, hidden]",
            (index, values) -> {
              rows.read(index, row);
              for (int i = 0; i < row.length; i++) {
                double difference = (double) values[i] - row[i];
                sums[0] += difference * difference;
                sums[1] += (double) row[i] * row[i];
              }
            });
    if (!(sums[0] <= SAME * SAME * sums[1])) {
      throw source
          .tensors()
          .refuse(
              "tensor "
                  + name
                  + " is not the base's: the adapter was made for another one; modules_to_save"
                  + " would replace it");
    }
  }
}
