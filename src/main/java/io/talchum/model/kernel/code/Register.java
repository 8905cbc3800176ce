package io.talchum.model.kernel.code;

/**
 * The 64-bit registers that a function may change by the System V calling convention; the first six
 * arguments come in RDI, RSI, RDX, RCX, R8 and R9.
 */
public enum Register {
  RAX(0),
  RCX(1),
  RDX(2),
  RSI(6),
  RDI(7),
  R8(8),
  R9(9),
  R10(10),
  R11(11);

  final int number;

  Register(int number) {
    this.number = number;
  }
}
