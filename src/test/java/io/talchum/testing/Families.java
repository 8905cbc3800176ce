package io.talchum.testing;

import java.util.stream.Stream;

/** The model families of {@code fixtures/models}. */
public final class Families {
  private Families() {}

  /** For {@code @MethodSource}. */
  public static Stream<String> all() {
    return Stream.of(
        "gemma2",
        "gemma3",
        "granite",
        "llama",
        "llama31",
        "llama_linear",
        "llama_tied",
        "llama_yarn",
        "mistral",
        "olmo2",
        "phi3",
        "phi3_longrope",
        "qwen2",
        "qwen3",
        "starcoder2");
  }
}
