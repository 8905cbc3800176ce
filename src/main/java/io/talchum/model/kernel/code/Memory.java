package io.talchum.model.kernel.code;

/**
 * The operand [base + displacement].
 *
 * @param broadcast whether one int or float at the address fills the vector, EVEX only
 */
public record Memory(Register base, int displacement, boolean broadcast) {
  /** A vector, or whatever the instruction reads. */
  public static Memory at(Register base, int displacement) {
    return new Memory(base, displacement, false);
  }

  /** One int or float for all lanes. */
  public static Memory broadcast(Register base, int displacement) {
    return new Memory(base, displacement, true);
  }
}
