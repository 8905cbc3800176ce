package io.talchum.api.grpc;

import io.talchum.core.SamplingRequest;
import io.talchum.v1.Sampling;

/** {@code talchum.v1.Sampling}: what is not set is null. */
final class SamplingMapper {
  private SamplingMapper() {}

  static SamplingRequest map(Sampling s) {
    return SamplingRequest.builder()
        .temperature(s.hasTemperature() ? s.getTemperature() : null)
        .topP(s.hasTopP() ? s.getTopP() : null)
        .topK(s.hasTopK() ? s.getTopK() : null)
        .minP(s.hasMinP() ? s.getMinP() : null)
        .presencePenalty(s.hasPresencePenalty() ? s.getPresencePenalty() : null)
        .frequencyPenalty(s.hasFrequencyPenalty() ? s.getFrequencyPenalty() : null)
        .repetitionPenalty(s.hasRepetitionPenalty() ? s.getRepetitionPenalty() : null)
        .seed(s.hasSeed() ? s.getSeed() : null)
        .logitBias(s.getLogitBiasMap())
        .stopStrings(s.getStopList())
        .stopTokenIds(s.getStopTokenIdsList())
        .maxTokens(s.hasMaxTokens() ? s.getMaxTokens() : null)
        .minTokens(s.hasMinTokens() ? s.getMinTokens() : null)
        .ignoreEos(s.hasIgnoreEos() ? s.getIgnoreEos() : null)
        .logprobs(s.hasLogprobs() ? s.getLogprobs() : null)
        .topLogprobs(s.hasTopLogprobs() ? s.getTopLogprobs() : null)
        .build();
  }
}
