package io.talchum.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A server to measure.
 *
 * @param name in tables
 * @param model name of the base
 * @param adapters names; for llama.cpp only their number matters
 * @param apiKey sent as a bearer token
 * @param pid the server's process, to tell its CPU time from other processes'
 */
public record Target(
    String name,
    ServerKind kind,
    Endpoint endpoint,
    String model,
    List<String> adapters,
    @Nullable String apiKey,
    @Nullable Long pid) {
  public Target {
    adapters = List.copyOf(adapters);
  }

  /** The same server with only these adapters. */
  Target with(List<String> names) {
    return new Target(name, kind, endpoint, model, names, apiKey, pid);
  }

  /** The key is left out. */
  @Override
  public String toString() {
    return name + " (" + kind.word() + ", " + endpoint.url() + ")";
  }
}
