package io.talchum.text.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** C's number formats of the magnitude of a float. */
final class Floats {
  private static final int MAX_PRECISION = 1 << 16;

  private Floats() {}

  /**
   * Formats without a sign.
   *
   * @param type one of e E f F g G
   * @param precision negative for the default 6
   */
  static String format(double value, char type, int precision, boolean alternate) {
    if (precision > MAX_PRECISION) {
      throw TemplateException.limit("a precision of more than " + MAX_PRECISION);
    }
    boolean upper = Character.isUpperCase(type);
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      String name = Double.isNaN(value) ? "nan" : "inf";
      return upper ? Casing.upper(name) : name;
    }
    BigDecimal magnitude = new BigDecimal(Math.abs(value));
    int digits = precision < 0 ? 6 : precision;
    String text =
        switch (Character.toLowerCase(type)) {
          case 'f' ->
              magnitude.setScale(digits, RoundingMode.HALF_EVEN).toPlainString()
                  + (alternate && digits == 0 ? "." : "");
          case 'e' -> scientific(magnitude, digits, alternate);
          default -> general(magnitude, Math.max(1, digits), alternate);
        };
    return upper ? Casing.upper(text) : text;
  }

  private static String scientific(BigDecimal magnitude, int digits, boolean alternate) {
    String figures;
    int exponent;
    if (magnitude.signum() == 0) {
      figures = "0".repeat(digits + 1);
      exponent = 0;
    } else {
      BigDecimal rounded = magnitude.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
      exponent = rounded.precision() - rounded.scale() - 1;
      figures = rounded.unscaledValue().toString();
      figures =
          figures.length() > digits + 1
              ? figures.substring(0, digits + 1)
              : figures + "0".repeat(digits + 1 - figures.length());
    }
    String point = digits > 0 || alternate ? "." : "";
    return figures.charAt(0) + point + figures.substring(1) + Repr.exponent(exponent);
  }

  private static String general(BigDecimal magnitude, int digits, boolean alternate) {
    BigDecimal rounded = magnitude.round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
    if (exponent < -4 || exponent >= digits) {
      String text = scientific(magnitude, digits - 1, alternate);
      int e = text.indexOf('e');
      return alternate ? text : trimZeros(text.substring(0, e)) + text.substring(e);
    }
    String text =
        magnitude
            .setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN)
            .toPlainString();
    return alternate ? text : trimZeros(text);
  }

  private static String trimZeros(String text) {
    if (text.indexOf('.') < 0) {
      return text;
    }
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
  }
}
