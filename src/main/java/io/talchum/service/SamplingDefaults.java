package io.talchum.service;

import io.talchum.conditioning.GenerationDefaults;
import org.jspecify.annotations.Nullable;

/**
 * What applies where a request says nothing: the server's settings, else the model's {@code
 * generation_config.json}, else OpenAI's defaults. Meanings are those of {@link
 * io.talchum.core.SamplingParams}.
 *
 * @param maxTokens of chats; null is as many as the context holds
 */
public record SamplingDefaults(
    float temperature,
    float topP,
    int topK,
    float minP,
    float repetitionPenalty,
    @Nullable Integer maxTokens) {

  static SamplingDefaults of(GenerationDefaults said) {
    return new SamplingDefaults(
        said.temperatureOrOne(),
        said.topP() == null ? 1f : said.topP(),
        said.topK() == null ? 0 : Math.max(0, said.topK()),
        said.minP() == null ? 0f : said.minP(),
        said.repetitionPenalty() == null ? 1f : said.repetitionPenalty(),
        said.maxTokens());
  }
}
