package io.talchum.adapter.peft;

/**
 * How much work the patterns of one adapter's configuration may cause. Not thread-safe: one reading
 * owns it.
 */
final class WorkBudget {
  /** About a second at worst; one long pattern over a 100-layer base needs an eighth of it. */
  private static final long STEPS = 50_000_000;

  private long left = STEPS;

  /**
   * @throws Exhausted when the steps are used up
   */
  void spend(long steps) {
    left -= steps;
    if (left < 0) {
      throw new Exhausted();
    }
  }

  /** The budget is used up; the caller knows which option is to blame. */
  static final class Exhausted extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exhausted() {
      super("the work budget is used up", null, false, false);
    }
  }
}
