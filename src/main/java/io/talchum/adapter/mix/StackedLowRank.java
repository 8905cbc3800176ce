package io.talchum.adapter.mix;

import io.talchum.adapter.FloatValues;
import java.util.ArrayList;
import java.util.List;

/**
 * Several low-rank changes of one place as one: A below each other, B beside each other. The scale
 * of a single one stays as it is; several have theirs multiplied into A, as PEFT's {@code cat}
 * does.
 */
final class StackedLowRank {
  private final List<Part> parts = new ArrayList<>();
  private int rank;

  private record Part(int rank, double scale, FloatValues a, FloatValues b) {}

  /**
   * @param a f32 [rank, in]
   * @param b f32 [out, rank]
   */
  void add(int rank, double scale, FloatValues a, FloatValues b) {
    parts.add(new Part(rank, scale, a, b));
    this.rank += rank;
  }

  /** Of all together. */
  int rank() {
    return rank;
  }

  float scale() {
    return parts.size() == 1 ? WeightedSum.finite((float) parts.getFirst().scale()) : 1;
  }

  /** f32 [rank, in] */
  FloatValues a() {
    if (parts.size() == 1) {
      return parts.getFirst().a();
    }
    return FloatValues.computed(parts.stream().mapToLong(p -> p.a().size()).sum(), this::stacked);
  }

  private float[] stacked() {
    float[] stacked = new float[Math.toIntExact(parts.stream().mapToLong(p -> p.a().size()).sum())];
    int at = 0;
    for (Part part : parts) {
      for (float value : part.a().toArray()) {
        stacked[at++] = WeightedSum.finite((float) (value * part.scale()));
      }
    }
    return stacked;
  }

  /** f32 [out, rank] */
  FloatValues b() {
    if (parts.size() == 1) {
      return parts.getFirst().b();
    }
    long out = parts.getFirst().b().size() / parts.getFirst().rank();
    return FloatValues.computed(out * rank, () -> joined((int) out));
  }

  private float[] joined(int out) {
    float[] joined = new float[Math.multiplyExact(out, rank)];
    int column = 0;
    for (Part part : parts) {
      float[] b = part.b().toArray();
      for (int row = 0; row < out; row++) {
        System.arraycopy(b, row * part.rank(), joined, row * rank + column, part.rank());
      }
      column += part.rank();
    }
    return joined;
  }
}
