package io.talchum.model.onnx.math;

import io.talchum.core.RopeSpec;
import java.util.List;

/** Rotary embedding of one position. Immutable. */
public final class Rotation {
  private final float[] cos;
  private final float[] sin;

  public Rotation(RopeSpec rope, int position) {
    this(rope.inverseFrequencies(), rope.attentionFactor(), position);
  }

  /** Turns by a position without changing lengths. */
  public static Rotation pure(RopeSpec rope, int position) {
    return new Rotation(rope.inverseFrequencies(), 1, position);
  }

  private Rotation(List<Double> frequencies, double factor, int position) {
    cos = new float[frequencies.size()];
    sin = new float[frequencies.size()];
    for (int i = 0; i < cos.length; i++) {
      cos[i] = (float) (Math.cos(position * frequencies.get(i)) * factor);
      sin[i] = (float) (Math.sin(position * frequencies.get(i)) * factor);
    }
  }

  /** Rotates the head that begins at an index. */
  public void apply(float[] heads, int first) {
    int pairs = cos.length;
    for (int i = 0; i < pairs; i++) {
      float a = heads[first + i];
      float b = heads[first + pairs + i];
      heads[first + i] = a * cos[i] - b * sin[i];
      heads[first + pairs + i] = b * cos[i] + a * sin[i];
    }
  }
}
