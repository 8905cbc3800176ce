package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;

/**
 * Rank and scale of each module: {@code r}, {@code lora_alpha}, {@code use_rslora} and the
 * patterns.
 *
 * @param rslora scale by alpha / sqrt(r), arXiv:2312.03732
 */
record LoraScale(PatternTable<Integer> ranks, PatternTable<Double> alphas, boolean rslora) {
  /** Far above any published adapter; bounds what a configuration can ask for. */
  static final int MAX_RANK = 4096;

  /** PEFT's default of {@code r} and of alpha. */
  private static final int USUAL = 8;

  /**
   * @param alpha key of the usual alpha
   */
  static LoraScale read(PeftSource source, String alpha) {
    AdapterConfigFields config = source.config();
    return new LoraScale(
        ranks(source),
        source.patterns("alpha_pattern", config.number(alpha, USUAL), AdapterConfigFields::number),
        config.flag("use_rslora"));
  }

  static PatternTable<Integer> ranks(PeftSource source) {
    return source.patterns(
        "rank_pattern",
        rank(source.config()),
        (key, value) -> AdapterConfigFields.whole(key, value, 1, MAX_RANK));
  }

  static int rank(AdapterConfigFields config) {
    return config.whole("r", USUAL, 1, MAX_RANK);
  }

  int rankOf(String path) {
    return ranks.of(path);
  }

  /**
   * What B A x is multiplied by: alpha / r or alpha / sqrt(r).
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if it is not finite
   */
  float scaleOf(String path) {
    int rank = rankOf(path);
    float scale = (float) (alphas.of(path) / (rslora ? Math.sqrt(rank) : rank));
    if (!Float.isFinite(scale)) {
      throw AdapterConfigFields.refuse(
          "lora_alpha or alpha_pattern makes the scale of " + path + " infinite");
    }
    return scale;
  }
}
