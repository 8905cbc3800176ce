package io.talchum.adapter.peft;

/** Which of two exact forms of a delta is cheaper. */
final class Cost {
  private Cost() {}

  /** Whether B A of this rank has fewer numbers than the matrix that it makes. */
  static boolean cheaperAsLowRank(AdaptedModule module, long rank) {
    return rank * (module.in() + module.out()) < (long) module.in() * module.out();
  }
}
