package io.talchum.bench;

import java.util.Arrays;

/** Median and extremes of some values. */
record Spread(double median, double min, double max) {
  /** Of at least one value. */
  static Spread of(double[] values) {
    return new Spread(quantile(values, 0.5), quantile(values, 0), quantile(values, 1));
  }

  /**
   * With linear interpolation between neighbours.
   *
   * @param values at least one, in any order, not changed
   * @param part 0 to 1
   */
  static double quantile(double[] values, double part) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = (sorted.length - 1) * part;
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
  }
}
