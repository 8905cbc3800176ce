package io.talchum.engine;

/**
 * What planning knows of one slot.
 *
 * @param order of admission, lower is older
 * @param kvTokens positions filled
 * @param promptTokens all that is read before anything is generated
 * @param tokensLeft most tokens that it will still generate
 * @param logitsFrom the first of these tokens that wants logits for itself, and so does each after
 *     it; {@link #LAST_ONLY} if none does
 * @param uncutTokens the first so many come in one piece, however long other rows wait
 */
record SlotView(
    Phase phase,
    RequestClass requestClass,
    long order,
    int kvTokens,
    int promptTokens,
    int tokensLeft,
    int logitsFrom,
    int uncutTokens) {
  static final int LAST_ONLY = Integer.MAX_VALUE;

  enum Phase {
    FREE,
    /** More of its prompt will be copied before anything of it is read. */
    REUSE,
    PREFILL,
    DECODE
  }

  static final SlotView FREE = online(Phase.FREE, 0, 0, 0, 0);

  /** Of a prompt that may be cut and wants the last token's logits. */
  static SlotView online(Phase phase, long order, int kvTokens, int promptTokens, int tokensLeft) {
    return new SlotView(
        phase, RequestClass.ONLINE, order, kvTokens, promptTokens, tokensLeft, LAST_ONLY, 0);
  }

  int promptLeft() {
    return promptTokens - kvTokens;
  }

  boolean isOnline() {
    return phase != Phase.FREE && requestClass == RequestClass.ONLINE;
  }

  boolean isBackground() {
    return requestClass == RequestClass.BACKGROUND;
  }
}
