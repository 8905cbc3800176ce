package io.talchum.adapter;

import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Row-major f32 numbers of a primitive, finite and never changed. Large ones need not lie on the
 * Java heap: they are read from their file, or computed, block by block each time they are wanted.
 * Any thread.
 */
public interface FloatValues {
  long size();

  /**
   * Shows all, from the first to the last; no piece is empty.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if they come from a file that has
   *     changed
   */
  void forEach(Block block);

  /** Sees a piece. */
  @FunctionalInterface
  interface Block {
    /**
     * @param first index of the first number
     * @param values numbers are those of {@code from .. from + count - 1}, valid during the call
     */
    void see(long first, float[] values, int from, int count);
  }

  /** Most bytes that they take when an executor has copied them. */
  default long bytes() {
    return size() * Float.BYTES;
  }

  /** Numbers {@code first .. end - 1}. */
  default FloatValues slice(long first, long end) {
    return first == 0 && end == size() ? this : new Slice(this, first, end);
  }

  /** Whether the others are the same numbers; reads both piece by piece. */
  default boolean isSame(FloatValues others) {
    boolean[] same = {size() == others.size()};
    if (same[0] && this != others) {
      forEach(
          (first, values, from, count) -> {
            if (same[0]) {
              float[] other = others.slice(first, first + count).toArray();
              same[0] = Arrays.equals(values, from, from + count, other, 0, count);
            }
          });
    }
    return same[0];
  }

  /** To be seen several times: what is computed is computed once, and lies on the heap then. */
  default FloatValues held() {
    return this;
  }

  /** All on the heap; not to be changed. */
  default float[] toArray() {
    float[] all = new float[Math.toIntExact(size())];
    forEach(
        (first, values, from, count) -> System.arraycopy(values, from, all, (int) first, count));
    return all;
  }

  /** Numbers that are on the heap. */
  static FloatValues of(float... values) {
    return new OnHeap(values);
  }

  /** Numbers that are computed each time: on the heap while they are seen, and no longer. */
  static FloatValues computed(long size, Supplier<float[]> values) {
    return new Computed(size, values);
  }

  /** See {@link #of}. */
  record OnHeap(float[] values) implements FloatValues {
    @Override
    public long size() {
      return values.length;
    }

    @Override
    public void forEach(Block block) {
      if (values.length > 0) {
        block.see(0, values, 0, values.length);
      }
    }

    @Override
    public float[] toArray() {
      return values;
    }
  }

  /** See {@link #computed}. */
  record Computed(long size, Supplier<float[]> values) implements FloatValues {
    @Override
    public void forEach(Block block) {
      of(values.get()).forEach(block);
    }

    @Override
    public float[] toArray() {
      return values.get();
    }

    @Override
    public FloatValues held() {
      return of(values.get());
    }
  }

  /** See {@link #slice}. */
  record Slice(FloatValues whole, long start, long end) implements FloatValues {
    @Override
    public long size() {
      return end - start;
    }

    @Override
    public void forEach(Block block) {
      whole.forEach(
          (first, values, from, count) -> {
            long low = Math.max(first, start);
            long high = Math.min(first + count, end);
            if (low < high) {
              block.see(low - start, values, from + (int) (low - first), (int) (high - low));
            }
          });
    }

    @Override
    public FloatValues held() {
      return whole instanceof Computed ? of(toArray()) : this;
    }

    @Override
    public long bytes() {
      return whole.bytes() / Math.max(1, whole.size()) * size();
    }
  }
}
