package io.talchum.conditioning;

import org.jspecify.annotations.Nullable;

/**
 * The sampling defaults of a model's {@code generation_config.json}; null is "not said".
 *
 * @param greedy whether {@code do_sample} is false
 */
public record GenerationDefaults(
    boolean greedy,
    @Nullable Float temperature,
    @Nullable Float topP,
    @Nullable Integer topK,
    @Nullable Float minP,
    @Nullable Float repetitionPenalty) {

  /** A model that says nothing: OpenAI's defaults apply. */
  public static final GenerationDefaults NONE =
      new GenerationDefaults(false, null, null, null, null, null);
}
