package io.talchum.cli.bench;

/**
 * What one round asks of a server. All streams start at the same moment.
 *
 * @param callsPerStream one after another; each on a connection of its own
 * @param watchesModel asks the server between the requests how long its model ran
 */
record Workload(
    int streams,
    int callsPerStream,
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
    return new Workload(streams, 1, promptTokens, outputTokens, adapters, false);
  }

  static Workload sequence(int calls, int promptTokens, int outputTokens, Adapters adapters) {
    return new Workload(1, calls, promptTokens, outputTokens, adapters, false);
  }

  Workload watchingModel() {
    return new Workload(streams, callsPerStream, promptTokens, outputTokens, adapters, true);
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
    return "%s%s, prompt %d, output %d tokens, %s"
        .formatted(who, calls, promptTokens, outputTokens, how);
  }
}
