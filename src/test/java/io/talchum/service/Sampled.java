package io.talchum.service;

import io.talchum.core.SamplingParams;

/** Parameters of the tests' requests. */
final class Sampled {
  private Sampled() {}

  static SamplingParams params(int maxTokens, float temperature, boolean logprobs) {
    return SamplingParams.builder(maxTokens)
        .temperature(temperature)
        .seed(7L)
        .logprobs(logprobs)
        .build();
  }
}
