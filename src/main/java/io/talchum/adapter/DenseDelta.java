package io.talchum.adapter;

import io.talchum.core.Linear;

/**
 * A full matrix added to a linear's weight: y += D x. For what has no low rank (LoKr, OFT, BOFT,
 * C3A, SHiRA, HiRA, RoAd ...).
 *
 * @param delta f32 [out, in]
 */
public record DenseDelta(int layer, Linear linear, FloatValues delta) implements AdapterPrimitive {
  /** With numbers on the heap. */
  public DenseDelta(int layer, Linear linear, float[] delta) {
    this(layer, linear, FloatValues.of(delta));
  }
}
