package io.talchum.bench;

import java.util.stream.IntStream;

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
    DIFFERENT,
    /** Drawn from all by Zipf's law: adapter k with weight 1 / (k + 1). */
    ZIPF,
    /** Drawn from the first eight in the same way. */
    ZIPF_OF_EIGHT,
    /** The first nine streams each one of its own, all further ones share another. */
    NINE_AND_GREEDY
  }

  /** Fewer adapters than these make no long tail. */
  private static final int MANY_ADAPTERS = 100;

  private static final int FEW_ADAPTERS = 8;

  /** Streams with an adapter of their own beside a greedy one. */
  static final int MODEST_STREAMS = 9;

  static Workload streams(int streams, int promptTokens, int outputTokens, Adapters adapters) {
    return new Workload(streams, 1, 0, promptTokens, outputTokens, adapters, false);
  }

  static Workload turns(
      int streams, int calls, int promptTokens, int outputTokens, Adapters adapters) {
    return new Workload(streams, calls, 0, promptTokens, outputTokens, adapters, false);
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

  boolean drawsAdapters() {
    return adapters == Adapters.ZIPF || adapters == Adapters.ZIPF_OF_EIGHT;
  }

  /** How many adapters a server has to have. */
  int neededAdapters() {
    return switch (adapters) {
      case NONE -> 0;
      case SAME -> 1;
      case DIFFERENT -> streams;
      case ZIPF -> MANY_ADAPTERS;
      case ZIPF_OF_EIGHT -> FEW_ADAPTERS;
      case NINE_AND_GREEDY -> MODEST_STREAMS + 1;
    };
  }

  /**
   * Index of the adapter, -1 for the base.
   *
   * @param draw a number from 0 to 1 that belongs to this call
   */
  int adapterOf(int stream, int call, int available, double draw) {
    return switch (adapters) {
      case NONE -> -1;
      case SAME -> 0;
      case DIFFERENT -> (stream + call) % available;
      case ZIPF -> zipf(draw, available);
      case ZIPF_OF_EIGHT -> zipf(draw, Math.min(FEW_ADAPTERS, available));
      case NINE_AND_GREEDY -> stream < MODEST_STREAMS ? stream + 1 : 0;
    };
  }

  private static int zipf(double draw, int adapters) {
    double left = draw * IntStream.rangeClosed(1, adapters).mapToDouble(rank -> 1.0 / rank).sum();
    int rank = 0;
    while (rank < adapters - 1 && left >= 1.0 / (rank + 1)) {
      left -= 1.0 / (rank + 1);
      rank++;
    }
    return rank;
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
          case ZIPF -> "adapters by Zipf's law";
          case ZIPF_OF_EIGHT -> "eight adapters by Zipf's law";
          case NINE_AND_GREEDY -> "nine with an adapter each, all others with another";
        };
    String shared = sharedTokens == 0 ? "" : "shared %d + ".formatted(sharedTokens);
    return "%s%s, prompt %s%d, output %d tokens, %s"
        .formatted(who, calls, shared, promptTokens, outputTokens, how);
  }
}
