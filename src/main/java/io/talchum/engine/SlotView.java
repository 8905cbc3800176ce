package io.talchum.engine;

/**
 * What planning knows of one slot.
 *
 * @param order of admission, lower is older
 * @param kvTokens positions filled
 * @param promptTokens of the whole prompt
 * @param tokensLeft most tokens that it will still generate
 * @param allLogits whether each prompt token wants logits
 */
record SlotView(
    Phase phase, long order, int kvTokens, int promptTokens, int tokensLeft, boolean allLogits) {
  enum Phase {
    FREE,
    /** More of its prompt will be copied before anything of it is read. */
    REUSE,
    PREFILL,
    DECODE
  }

  static final SlotView FREE = new SlotView(Phase.FREE, 0, 0, 0, 0, false);

  int promptLeft() {
    return promptTokens - kvTokens;
  }
}
