package io.talchum.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is measured, and in which sizes.
 *
 * @param peer measured in turn with the server
 * @param unloaded the server's like without adapters
 * @param promptTokens instead of each scenario's own length
 * @param outputTokens instead of each scenario's own length
 * @param sweepStreams numbers of streams of the sweep
 */
record Setup(
    Target server,
    @Nullable Target peer,
    @Nullable Target unloaded,
    @Nullable Integer promptTokens,
    @Nullable Integer outputTokens,
    List<Integer> sweepStreams,
    int shortRequests) {
  Setup {
    sweepStreams = List.copyOf(sweepStreams);
  }

  int prompt(int usual) {
    return promptTokens == null ? usual : promptTokens;
  }

  int output(int usual) {
    return outputTokens == null ? usual : outputTokens;
  }

  /** All servers. */
  List<Target> targets() {
    List<Target> targets = new ArrayList<>(List.of(server));
    if (peer != null) {
      targets.add(peer);
    }
    if (unloaded != null) {
      targets.add(unloaded);
    }
    return targets;
  }
}
