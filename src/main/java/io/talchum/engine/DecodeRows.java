package io.talchum.engine;

/** The arguments of decode steps, reused from step to step. Owned by the engine thread. */
final class DecodeRows {
  private final int[][] tokenIds; // [rows][rows]
  private final int[][] positions; // [rows][rows]

  DecodeRows(int slots) {
    tokenIds = new int[slots + 1][];
    positions = new int[slots + 1][];
    for (int rows = 0; rows <= slots; rows++) {
      tokenIds[rows] = new int[rows];
      positions[rows] = new int[rows];
    }
  }

  /**
   * Prepares a step over the first slots. Idle rows write to the position that their slot's next
   * real token overwrites.
   */
  void fill(int rows, SlotTable slots) {
    for (int slot = 0; slot < rows; slot++) {
      Sequence sequence = slots.get(slot);
      tokenIds[rows][slot] =
          sequence == null || sequence.isPrefilling() ? 0 : sequence.lastTokenId();
      positions[rows][slot] = sequence == null ? 0 : sequence.kvTokens();
    }
  }

  /** The tokens last filled in for this many rows. */
  int[] tokenIds(int rows) {
    return tokenIds[rows];
  }

  /** Their positions. */
  int[] positions(int rows) {
    return positions[rows];
  }
}
