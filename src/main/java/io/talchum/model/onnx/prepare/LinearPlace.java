package io.talchum.model.onnx.prepare;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.AdapterSite;
import io.talchum.model.onnx.graph.LinearGroup;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.WeightFormat;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * Where a linear lies in the base.
 *
 * @param outOffset where its outputs begin in the site's, and its rows in the matrix
 */
public record LinearPlace(AdapterSite site, PackedTensor matrix, int outOffset, int in, int out) {
  public static LinearPlace of(ModelPackage weights, int layer, Linear linear) {
    ModelSpec spec = weights.manifest().spec();
    String prefix = "layers." + layer + ".";
    LinearGroup group = AdapterSite.groupOf(linear);
    int in = spec.inputSize(linear);
    int out = spec.outputSize(linear);
    PackedTensor whole = weights.find(prefix + group.tensor()).orElse(null);
    if (whole == null) {
      PackedTensor own = weights.tensor(prefix + linear.name().toLowerCase(Locale.ROOT));
      return new LinearPlace(AdapterSite.of(layer, linear), own, 0, in, out);
    }
    int outOffset = 0;
    for (Linear member : group.members()) {
      if (member == linear) {
        break;
      }
      outOffset += spec.outputSize(member);
    }
    return new LinearPlace(AdapterSite.of(layer, group), whole, outOffset, in, out);
  }

  /** Whether the matrix holds this linear alone. */
  boolean isAlone() {
    return matrix.rows() == out;
  }

  boolean isFloat() {
    return matrix.encoding() == Encoding.F32;
  }

  /** The weights of an fp32 linear where the package has them, [out, in]. */
  AdapterMatrix mapped(ModelPackage weights) {
    long rowBytes = (long) in * Float.BYTES;
    MemorySegment data =
        weights.data(matrix, "weight").asSlice(outOffset * rowBytes, out * rowBytes);
    return new AdapterMatrix(data, WeightFormat.FLOAT32, out, in);
  }

  /** W times a factor for each input, [out, in]. */
  public float[] scaled(ModelPackage weights, float[] factor) {
    float[] values = new float[out * in];
    var rows = weights.rows(matrix);
    for (int row = 0; row < out; row++) {
      rows.read(outOffset + row, values, row * in);
      for (int i = 0; i < in; i++) {
        values[row * in + i] *= factor[i];
      }
    }
    return values;
  }
}
