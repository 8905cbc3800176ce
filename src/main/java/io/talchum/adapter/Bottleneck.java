package io.talchum.adapter;

import org.jspecify.annotations.Nullable;

/**
 * A small MLP at a sublayer's output x, before it is added to the residual stream z: x += gate *
 * scale * (up(act(down(i)))). Houlsby (arXiv:1902.00751), Pfeiffer (arXiv:2005.00247), parallel
 * (arXiv:2110.04366), compacter (arXiv:2106.04647, its products multiplied out). Several at one
 * place act one after the other.
 *
 * @param down hidden to bottleneck
 * @param up bottleneck to hidden
 * @param gate of i, one output; null is 1
 */
public record Bottleneck(
    int layer,
    Sublayer sublayer,
    Input input,
    Projection down,
    NonLinearity nonLinearity,
    Projection up,
    float scale,
    @Nullable SequenceGate gate)
    implements AdapterPrimitive {

  /** What goes in. */
  public enum Input {
    /** x, the sublayer's output. */
    OUTPUT,
    /** x + z. */
    OUTPUT_AND_RESIDUAL,
    /** z, the residual stream before the sublayer and its norm. */
    RESIDUAL
  }

  /** Without a gate. */
  public Bottleneck(
      int layer,
      Sublayer sublayer,
      Input input,
      Projection down,
      NonLinearity nonLinearity,
      Projection up,
      float scale) {
    this(layer, sublayer, input, down, nonLinearity, up, scale, null);
  }
}
