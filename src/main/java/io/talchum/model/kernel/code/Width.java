package io.talchum.model.kernel.code;

/** How a vector instruction is encoded, and how wide its vectors are. */
public enum Width {
  /** 128 bits, also for scalars; registers 0 to 15. */
  VEX_128(16, 16),
  /** 256 bits, registers 0 to 15. */
  VEX_256(32, 16),
  /** 512 bits, registers 0 to 31, memory operands may be broadcast. */
  EVEX_512(64, 32);

  private final int bytes;
  private final int registers;

  Width(int bytes, int registers) {
    this.bytes = bytes;
    this.registers = registers;
  }

  /** Bytes of a vector. */
  public int bytes() {
    return bytes;
  }

  /** Lanes of 32 bits. */
  public int lanes() {
    return bytes / Integer.BYTES;
  }

  /** Vector registers that there are. */
  public int registers() {
    return registers;
  }
}
