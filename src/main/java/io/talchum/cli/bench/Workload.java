package io.talchum.cli.bench;

/**
 * What one round asks of a server. All streams start at the same moment.
 *
 * @param callsPerStream one after another; each on a connection of its own
 * @param sharedTokens with which all prompts of a stream begin, besides their own
 * @param watchesModel asks the server between the requests how long its model ran
 */
record Workload(
    int streams,
    int callsPerStream,
    int sharedTokens,
    int promptTokens,
    int outputTokens,
    Adapters adapters,
    boolean watchesModel) {

  /** Who uses which adapter. */
  enum Adapters {
    /** Nobody any. */
    NONE,
    /** All the first. */
    SAME,
    /** Each stream another, each further call of a stream the next. */
    DIFFERENT
  }

  static Workload streams(int streams, int promptTokens, int outputTokens, Adapters adapters) {
    return new Workload(streams, 1, 0, promptTokens, outputTokens, adapters, false);
  }

  static Workload sequence(int calls, int promptTokens, int outputTokens, Adapters adapters) {
    return new Workload(1, calls, 0, promptTokens, outputTokens, adapters, false);
  }

  Workload watchingModel() {
    return new Workload(
        streams, callsPerStream, sharedTokens, promptTokens, outputTokens, adapters, true);
  }

  /** Prompts that begin with tokens which they have in common. */
  Workload sharing(int tokens) {
    return new Workload(
        streams, callsPerStream, tokens, promptTokens, outputTokens, adapters, watchesModel);
  }

  /** How many adapters a server has to have. */
  int neededAdapters() {
    return switch (adapters) {
      case NONE -> 0;
      case SAME -> 1;
      case DIFFERENT -> streams;
    };
  }

  /** Index of the adapter, -1 for the base. */
  int adapterOf(int stream, int call, int available) {
    return switch (adapters) {
      case NONE -> -1;
      case SAME -> 0;
      case DIFFERENT -> (stream + call) % available;
    };
  }

  /** For people, for example {@code 8 streams, 32 + 64 tokens, 8 adapters}. */
  String inWords() {
    String who = streams == 1 ? "1 stream" : streams + " streams";
    String calls = callsPerStream == 1 ? "" : ", %d requests in turn".formatted(callsPerStream);
    String how =
        switch (adapters) {
          case NONE -> "base";
          case SAME -> "one adapter";
          case DIFFERENT -> "adapters that differ";
        };
    String shared = sharedTokens == 0 ? "" : "shared %d + ".formatted(sharedTokens);
    return "%s%s, prompt %s%d, output %d tokens, %s"
        .formatted(who, calls, shared, promptTokens, outputTokens, how);
  }
}
