package io.talchum.core;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Where the model is to run. */
public enum ProviderChoice {
  CPU,
  /** An NVIDIA GPU; without one the start fails. */
  CUDA,
  /** An NVIDIA GPU if the build and the machine have what it needs, else the CPU. */
  AUTO;

  /** As settings and options spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @throws ServeException INVALID_REQUEST for anything but the names of the choices
   */
  public static ProviderChoice parse(String text) {
    return Arrays.stream(values())
        .filter(choice -> choice.text().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                ServeException.invalid(
                    "provider",
                    "talchum.provider (--provider) is \"%s\"; it must be %s"
                        .formatted(
                            text,
                            Arrays.stream(values())
                                .map(ProviderChoice::text)
                                .collect(Collectors.joining(" or ")))));
  }
}
