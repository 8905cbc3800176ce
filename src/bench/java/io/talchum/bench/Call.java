package io.talchum.bench;

import java.util.List;

/**
 * One request.
 *
 * @param outputTokens exactly so many are to be generated
 * @param adapter index into the target's adapters; negative: the base
 */
record Call(List<Integer> promptTokenIds, int outputTokens, int adapter) {
  Call {
    promptTokenIds = List.copyOf(promptTokenIds);
  }
}
