package io.talchum.model.kernel;

/** What is done with the lanes of a vector one by one. */
public final class Lanes {
  private Lanes() {}

  /**
   * Their sum, always in the same order: {@code reduceLanes(ADD)} gives other bits once it is
   * compiled. Takes the array, since vectors that are handed on would be boxed.
   */
  public static float sum(float[] lanes) {
    float sum = 0;
    for (float lane : lanes) {
      sum += lane;
    }
    return sum;
  }
}
