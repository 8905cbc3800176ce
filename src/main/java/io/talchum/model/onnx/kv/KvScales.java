package io.talchum.model.onnx.kv;

import io.talchum.core.KvFormat;
import io.talchum.core.ModelSpec;
import java.util.List;

/**
 * What one step of an int8 KV cache is worth: number = int8 * scale. Empty for an fp32 cache.
 *
 * @param keys by layer, [kvHeads * headDim]
 * @param values by layer, [kvHeads * headDim]
 */
public record KvScales(List<float[]> keys, List<float[]> values) {
  /** Room above what calibration showed. */
  public static final float MARGIN = 1.25f;

  /** Of a cache that is not quantized. */
  public static final KvScales NONE = new KvScales(List.of(), List.of());

  public KvScales {
    keys = List.copyOf(keys);
    values = List.copyOf(values);
  }

  public KvFormat format() {
    return keys.isEmpty() ? KvFormat.FP32 : KvFormat.INT8;
  }

  /** Whether a model can use them: none, or as many as it has layers and channels, all positive. */
  public boolean fit(ModelSpec spec) {
    return format() == KvFormat.FP32 || fit(spec, keys) && fit(spec, values);
  }

  private static boolean fit(ModelSpec spec, List<float[]> scales) {
    return scales.size() == spec.layers() && scales.stream().allMatch(layer -> fits(spec, layer));
  }

  private static boolean fits(ModelSpec spec, float[] layer) {
    boolean fits = layer.length == spec.kvHeads() * spec.headDim();
    for (float scale : layer) {
      fits &= scale > 0 && Float.isFinite(scale);
    }
    return fits;
  }
}
