package io.talchum.adapter.adapterhub;

import io.talchum.adapter.FloatValues;
import io.talchum.adapter.Projection;
import io.talchum.adapter.folder.TensorSource;
import java.util.List;

/** Small linear maps of a file. */
final class Projections {
  private static final int MAX_SIZE = 1 << 16;

  private Projections() {}

  /** {@code weight} and {@code bias} below a prefix. */
  static Projection of(TensorSource tensors, String prefix, int outputs, int inputs) {
    FloatValues weight = weight(tensors, prefix, outputs, inputs);
    return new Projection(
        outputs, inputs, weight, tensors.values(prefix + "bias", "[outputs]", outputs));
  }

  static Projection withoutBias(TensorSource tensors, String prefix, int outputs, int inputs) {
    return new Projection(outputs, inputs, weight(tensors, prefix, outputs, inputs), new float[0]);
  }

  private static FloatValues weight(TensorSource tensors, String prefix, int outputs, int inputs) {
    return tensors.storedMatrix(prefix + "weight", outputs, inputs, "[outputs, inputs]").values();
  }

  /** One dimension of a tensor, where the file decides it. */
  static int size(TensorSource tensors, String key, int dimension) {
    List<Long> shape = tensors.shape(key);
    long size = shape.size() > dimension ? shape.get(dimension) : 0;
    if (size < 1 || size > MAX_SIZE) {
      throw tensors.refuse(
          "tensor " + key + " has shape " + shape + ", which is none of an adapter");
    }
    return (int) size;
  }
}
