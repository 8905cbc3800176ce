package io.talchum.wiring;

import java.util.Locale;
import org.eclipse.microprofile.config.spi.Converter;

/**
 * Takes {@code true} and {@code false} alone; the framework's own takes anything else for false.
 */
public final class StrictBoolean implements Converter<Boolean> {
  private static final long serialVersionUID = 1;
  static final String WANTED = "true or false";

  @Override
  public Boolean convert(String value) {
    return switch (value.strip().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(WANTED);
    };
  }
}
