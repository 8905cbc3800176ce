package io.talchum.bench;

/** What a round yields; docs/benchmarking.md explains each. */
enum Figure {
  DECODE("decode", "tok/s", true),
  GENERATION("generation", "tok/s", true),
  OUTPUT("output", "tok/s", true),
  PREFILL("prefill", "tok/s", true),
  TTFT_MEDIAN("TTFT median", "ms", false),
  TTFT_WORST("TTFT worst", "ms", false),
  TTFT_FIRST("TTFT of the first", "ms", false),
  TTFT_NEXT("TTFT of the next, median", "ms", false),
  TTFT_REUSED("TTFT of the next by the first", "x", false),
  TPOT("TPOT median", "ms", false),
  INTER_TOKEN_P99("inter-token p99", "ms", false),
  TOTAL_MEDIAN("total median", "ms", false),
  OUTSIDE_MEDIAN("outside the model, median", "ms", false),
  OUTSIDE_P99("outside the model, p99", "ms", false),
  SERVER_MEDIAN("server outside the model, median", "ms", false),
  SERVER_P99("server outside the model, p99", "ms", false),
  TTFT_P99("TTFT p99", "ms", false),
  TTFT_TOP_MEDIAN("TTFT median, adapters 1 to 8", "ms", false),
  TTFT_TOP_P99("TTFT p99, adapters 1 to 8", "ms", false),
  TTFT_MIDDLE_MEDIAN("TTFT median, adapters 9 to 64", "ms", false),
  TTFT_MIDDLE_P99("TTFT p99, adapters 9 to 64", "ms", false),
  TTFT_TAIL_MEDIAN("TTFT median, adapters from 65", "ms", false),
  TTFT_TAIL_P99("TTFT p99, adapters from 65", "ms", false),
  TTFT_MODEST_MEDIAN("TTFT median of the modest", "ms", false),
  TTFT_MODEST_P99("TTFT p99 of the modest", "ms", false);

  private final String title;
  private final String unit;
  private final boolean moreIsBetter;

  Figure(String title, String unit, boolean moreIsBetter) {
    this.title = title;
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
  }

  String title() {
    return title;
  }

  String unit() {
    return unit;
  }

  boolean moreIsBetter() {
    return moreIsBetter;
  }

  /** As in JSON, for example {@code ttft_worst_ms}. */
  String key() {
    return name().toLowerCase(java.util.Locale.ROOT) + (unit.equals("tok/s") ? "_tps" : "_" + unit);
  }
}
