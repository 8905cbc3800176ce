package io.talchum.model.kernel.code;

import java.util.Arrays;

/**
 * Encodes x86-64 instructions: vectors by VEX and EVEX, and the few 64-bit integer ones that loops
 * need. Vector registers are numbers, operands stand in Intel's order. One thread.
 */
public final class X86Assembler {
  private byte[] code = new byte[1024];
  private int size;

  /** What was assembled. */
  public byte[] code() {
    return Arrays.copyOf(code, size);
  }

  /** Where the next instruction begins; the target of a jump. */
  public int here() {
    return size;
  }

  /**
   * target = op(left, right), registers all; left is 0 where the instruction has only one source.
   */
  public void op(VectorInstruction op, Width width, int target, int left, int right) {
    prefix(op, width, target, left, right >> 3 & 1, right >> 4 & 1, false);
    put(op.opcode);
    put(0xC0 | (target & 7) << 3 | right & 7);
  }

  /** target = op(left, memory); of a store, {@code target} is what is stored. */
  public void op(VectorInstruction op, Width width, int target, int left, Memory right) {
    prefix(op, width, target, left, right.base().number >> 3, 0, right.broadcast());
    put(op.opcode);
    int unit = right.broadcast() ? Integer.BYTES : op.memoryBytes(width.bytes());
    address(target, right, width == Width.EVEX_512 ? unit : 1);
  }

  /** As {@link #op(VectorInstruction, Width, int, int, int)}, with an immediate byte. */
  public void op(
      VectorInstruction op, Width width, int target, int left, int right, int immediate) {
    op(op, width, target, left, right);
    put(immediate);
  }

  /** target = left + a 32- or 64-bit register's bits, for moves and broadcasts from registers. */
  public void op(VectorInstruction op, Width width, int target, Register from) {
    op(op, width, target, 0, from.number);
  }

  /** VEXTRACTI128: target = a half of a 256-bit register, 1 the upper one. */
  public void extractHalf(int target, int from, int half) {
    op(VectorInstruction.VEXTRACTI128, Width.VEX_256, from, 0, target, half);
  }

  /** VPSRLD: each int of {@code from} shifted right, zeros come in. */
  public void shiftRight(Width width, int target, int from, int bits) {
    shift(width, 2, target, from, bits);
  }

  /** VPSRAD: each int of {@code from} shifted right, its sign comes in. */
  public void shiftRightSigned(Width width, int target, int from, int bits) {
    shift(width, 4, target, from, bits);
  }

  /** VPSLLD: each int of {@code from} shifted left. */
  public void shiftLeft(Width width, int target, int from, int bits) {
    shift(width, 6, target, from, bits);
  }

  private void shift(Width width, int extension, int target, int from, int bits) {
    op(VectorInstruction.SHIFT, width, extension, target, from, bits);
  }

  /** VZEROUPPER, which code that goes on with SSE expects. */
  public void zeroUpper() {
    put(0xC5);
    put(0xF8);
    put(0x77);
  }

  /** MOV: target = from. */
  public void move(Register target, Register from) {
    wide(from.number, target.number);
    put(0x89);
    put(0xC0 | (from.number & 7) << 3 | target.number & 7);
  }

  /** MOV: target = the sign-extended value. */
  public void move(Register target, int value) {
    wide(0, target.number);
    put(0xC7);
    put(0xC0 | target.number & 7);
    putInt(value);
  }

  /** MOV: target = the value. */
  public void move(Register target, long value) {
    wide(0, target.number);
    put(0xB8 | target.number & 7);
    putInt((int) value);
    putInt((int) (value >>> 32));
  }

  /** ADD: target += value. */
  public void add(Register target, int value) {
    arithmetic(0, target, value);
  }

  /** ADD: target += other. */
  public void add(Register target, Register other) {
    wide(other.number, target.number);
    put(0x01);
    put(0xC0 | (other.number & 7) << 3 | target.number & 7);
  }

  /** SUB and JNZ: counts a register down by one and jumps while it is not zero. */
  public void loop(Register counter, int target) {
    arithmetic(5, counter, 1);
    put(0x0F);
    put(0x85);
    putInt(target - (size + Integer.BYTES));
  }

  private void arithmetic(int operation, Register target, int value) {
    boolean small = value == (byte) value;
    wide(0, target.number);
    put(small ? 0x83 : 0x81);
    put(0xC0 | operation << 3 | target.number & 7);
    if (small) {
      put(value);
    } else {
      putInt(value);
    }
  }

  /** CALL: a function at a place that is known already or will follow. */
  public void call(int target) {
    put(0xE8);
    putInt(target - (size + Integer.BYTES));
  }

  /** SYSCALL: the kernel's function of the number in RAX. */
  public void systemCall() {
    put(0x0F);
    put(0x05);
  }

  /** Bytes that were assembled elsewhere. */
  public void append(byte[] bytes) {
    for (byte each : bytes) {
      put(each);
    }
  }

  /** RET. */
  public void ret() {
    put(0xC3);
  }

  /** VEX of three bytes or EVEX; b and x extend the right operand. */
  private void prefix(
      VectorInstruction op, Width width, int reg, int left, int b, int x, boolean broadcast) {
    int highest = Math.max(Math.max(reg, left), 16 * x);
    if (highest >= width.registers() || broadcast && width != Width.EVEX_512) {
      throw new IllegalArgumentException(op + " cannot be encoded as " + width);
    }
    boolean evex = width == Width.EVEX_512;
    int extensions = (~reg >> 3 & 1) << 7 | (~x & 1) << 6 | (~b & 1) << 5;
    int source = (~left & 15) << 3;
    if (evex) {
      put(0x62);
      put(extensions | (~reg >> 4 & 1) << 4 | op.map);
      put(op.w << 7 | source | 4 | op.prefix);
      put(2 << 5 | (broadcast ? 1 << 4 : 0) | (~left >> 4 & 1) << 3);
    } else {
      put(0xC4);
      put(extensions | op.map);
      put(op.w << 7 | source | (width == Width.VEX_256 ? 4 : 0) | op.prefix);
    }
  }

  /** Mod r/m and displacement, as a byte if it is a small multiple of the unit. */
  private void address(int reg, Memory memory, int unit) {
    int displacement = memory.displacement();
    int units = displacement / unit;
    boolean small = units * unit == displacement && units >= -128 && units < 128;
    put((small ? 0x40 : 0x80) | (reg & 7) << 3 | memory.base().number & 7);
    if (small) {
      put(units);
    } else {
      putInt(displacement);
    }
  }

  private void wide(int reg, int base) {
    put(0x48 | (reg >> 3) << 2 | base >> 3);
  }

  private void putInt(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      put(value >> shift);
    }
  }

  private void put(int value) {
    if (size == code.length) {
      code = Arrays.copyOf(code, 2 * size);
    }
    code[size++] = (byte) value;
  }
}
