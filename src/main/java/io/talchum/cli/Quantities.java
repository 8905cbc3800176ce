package io.talchum.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Quantities {
  private Quantities() {}

  /** For example {@code 512 B}, {@code 5.5 MB}, {@code 1.2 GB}; powers of 1000. */
  static String bytes(long bytes) {
    return bytes < 1000 ? bytes + " B" : scaled(bytes, "kB", "MB", "GB", "TB");
  }

  /** For example {@code 640}, {@code 135 M}, {@code 1.2 G}; powers of 1000. */
  static String count(long count) {
    return count < 1000 ? Long.toString(count) : scaled(count, "k", "M", "G", "T");
  }

  private static String scaled(double value, String... units) {
    int unit = -1;
    double rest = value;
    while (rest >= 999.5 && unit < units.length - 1) {
      rest /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, rest < 9.95 ? "%.1f %s" : "%.0f %s", rest, units[unit]);
  }
}
