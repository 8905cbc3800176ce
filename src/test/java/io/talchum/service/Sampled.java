package io.talchum.service;

import io.talchum.core.SamplingParams;
import java.util.List;
import java.util.Map;

/** Parameters of the tests' requests. */
final class Sampled {
  private Sampled() {}

  static SamplingParams params(int maxTokens, float temperature, boolean logprobs) {
    return new SamplingParams(
        temperature,
        1f,
        0,
        0f,
        0f,
        0f,
        1f,
        7L,
        Map.of(),
        List.of(),
        List.of(),
        maxTokens,
        0,
        false,
        logprobs,
        0,
        false);
  }
}
