package io.talchum.text.jinja;

import io.talchum.text.jinja.Value.NoneValue;
import org.jspecify.annotations.Nullable;

/** A slice put onto a sequence: first index, stride, number of items. */
record SliceBounds(long start, long step, long count) {

  /** PySlice_AdjustIndices. */
  static SliceBounds of(
      @Nullable Value start, @Nullable Value stop, @Nullable Value step, int size) {
    long stride = given(step) == null ? 1 : index(given(step));
    if (stride == 0) {
      throw TemplateException.value("slice step cannot be zero");
    }
    long low = stride > 0 ? 0 : -1;
    long high = stride > 0 ? size : size - 1L;
    long from = bound(given(start), stride > 0 ? low : high, low, high, size);
    long to = bound(given(stop), stride > 0 ? high : low, low, high, size);
    long span = stride > 0 ? to - from : from - to;
    long count = span <= 0 ? 0 : (span - 1) / Math.abs(stride) + 1;
    return new SliceBounds(from, stride, count);
  }

  private static @Nullable Value given(@Nullable Value value) {
    return value instanceof NoneValue ? null : value;
  }

  private static long index(@Nullable Value value) {
    if (value == null) {
      return 1;
    }
    if (Python.integer(value) == null) {
      throw TemplateException.type(
          "slice indices must be integers or None or have an __index__ method");
    }
    return Python.index(value);
  }

  private static long bound(@Nullable Value value, long absent, long low, long high, int size) {
    if (value == null) {
      return absent;
    }
    long index = index(value);
    long fromStart = index < 0 ? index + size : index;
    return Math.clamp(fromStart, low, Math.max(low, high));
  }
}
