package io.talchum.model.kernel.code;

/**
 * The 64-bit registers that a function may change by AArch64's calling convention; the first eight
 * are its arguments.
 */
public enum ArmRegister {
  X0,
  X1,
  X2,
  X3,
  X4,
  X5,
  X6,
  X7,
  X8,
  X9,
  X10,
  X11,
  X12;

  int number() {
    return ordinal();
  }
}
