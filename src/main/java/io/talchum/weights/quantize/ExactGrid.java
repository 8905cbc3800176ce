package io.talchum.weights.quantize;

import io.talchum.core.Linear;
import io.talchum.weights.checkpoint.Checkpoint;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.SourceTensor;
import java.util.List;
import java.util.Map;

/** Tells whether symmetric int4 loses nothing on a model whose weights are stored as floats. */
public final class ExactGrid {
  private ExactGrid() {}

  /** Whether all linears are floats on the symmetric int4 grid; stops at the first that is not. */
  public static boolean holds(Checkpoint checkpoint) {
    Map<String, SourceTensor> tensors = checkpoint.tensors();
    for (int layer = 0; layer < checkpoint.spec().layers(); layer++) {
      for (Linear linear : ModelTensors.linears(checkpoint.spec(), List.of(Linear.values()))) {
        SourceTensor tensor = tensors.get(ModelTensors.inLayer(layer, ModelTensors.nameOf(linear)));
        if (tensor == null || tensor.type().isQuantized() || !holds(tensor)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean holds(SourceTensor tensor) {
    int padded = Math.ceilDiv(tensor.columns(), Quantizers.BLOCK) * Quantizers.BLOCK;
    float[] row = new float[padded];
    for (int i = 0; i < tensor.rows(); i++) {
      tensor.read(i, 1, row, 0, padded);
      if (!Quantizers.isExactInt4(row, 0, padded)) {
        return false;
      }
    }
    return true;
  }
}
