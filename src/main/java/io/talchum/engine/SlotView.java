package io.talchum.engine;

/**
 * What planning knows of one slot.
 *
 * @param order of admission, lower is older
 * @param kvTokens positions filled
 * @param promptTokens of the whole prompt
 * @param tokensLeft most tokens that it will still generate
 * @param allLogits whether each prompt token wants logits
 * @param inOnePiece whether the prompt may not be cut, however long other rows wait
 */
record SlotView(
    Phase phase,
    long order,
    int kvTokens,
    int promptTokens,
    int tokensLeft,
    boolean allLogits,
    boolean inOnePiece) {
  enum Phase {
    FREE,
    /** More of its prompt will be copied before anything of it is read. */
    REUSE,
    PREFILL,
    DECODE
  }

  static final SlotView FREE = new SlotView(Phase.FREE, 0, 0, 0, 0, false);

  /** Of a prompt that may be cut. */
  SlotView(
      Phase phase, long order, int kvTokens, int promptTokens, int tokensLeft, boolean allLogits) {
    this(phase, order, kvTokens, promptTokens, tokensLeft, allLogits, false);
  }

  int promptLeft() {
    return promptTokens - kvTokens;
  }
}
