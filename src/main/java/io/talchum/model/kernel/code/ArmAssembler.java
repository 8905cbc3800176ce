package io.talchum.model.kernel.code;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes AArch64 instructions: vectors of 128 bits, and the few 64-bit integer ones that loops
 * need. Vector registers are numbers from 0 to 31, targets stand first. One thread.
 */
public final class ArmAssembler {
  private static final int STACK_POINTER = 31;
  private static final int MAX_IMMEDIATE = 4095;

  /** Vector registers 8 to 15 are the caller's in their low halves. */
  private static final int FIRST_KEPT = 8;

  private static final int KEPT = 8;

  private int[] words = new int[256];
  private int size;

  /** What was assembled. */
  public byte[] code() {
    ByteBuffer bytes = ByteBuffer.allocate(size * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      bytes.putInt(words[i]);
    }
    return bytes.array();
  }

  /** Where the next instruction begins; the target of a jump. */
  public int here() {
    return size;
  }

  /** target = op(left, right). */
  public void op(NeonInstruction op, int target, int left, int right) {
    put(op.word | right << 16 | left << 5 | target);
  }

  /** target = op(source). */
  public void op(NeonInstruction op, int target, int source) {
    put(op.word | source << 5 | target);
  }

  /** target = op(left, one lane of right), of 32 bits each. */
  public void lane(NeonInstruction op, int target, int left, int right, int lane) {
    put(op.word | (lane & 1) << 21 | right << 16 | lane >> 1 << 11 | left << 5 | target);
  }

  /** USHR: each byte shifted right, zeros come in. */
  public void shiftBytesRight(int target, int source, int bits) {
    put(0x6F000400 | 2 * Byte.SIZE - bits << 16 | source << 5 | target);
  }

  /** SSHR: each int shifted right, its sign comes in. */
  public void shiftRightSigned(int target, int source, int bits) {
    put(0x4F000400 | 2 * Integer.SIZE - bits << 16 | source << 5 | target);
  }

  /** SHL: each int shifted left. */
  public void shiftLeft(int target, int source, int bits) {
    put(0x4F005400 | Integer.SIZE + bits << 16 | source << 5 | target);
  }

  /** MOVI: all bytes are {@code value}. */
  public void fillBytes(int target, int value) {
    put(0x4F00E400 | (value >> 5 & 7) << 16 | (value & 31) << 5 | target);
  }

  /** DUP: all ints are a register's low half. */
  public void fillInts(int target, ArmRegister from) {
    put(0x4E040C00 | from.number() << 5 | target);
  }

  /**
   * LDR: {@code bytes} (4, 8 or 16) from memory to the low end of a register, zeros above.
   *
   * @param offset a multiple of {@code bytes}, at most 4095 of them
   */
  public void load(int bytes, int target, ArmRegister base, int offset) {
    put(transfer(bytes, offset, 1) | base.number() << 5 | target);
  }

  /** STR, see {@link #load}. */
  public void store(int bytes, int source, ArmRegister base, int offset) {
    put(transfer(bytes, offset, 0) | base.number() << 5 | source);
  }

  private static int transfer(int bytes, int offset, int load) {
    int units = offset / bytes;
    if (offset % bytes != 0 || units < 0 || units > MAX_IMMEDIATE) {
      throw new IllegalArgumentException("no offset of " + bytes + " bytes: " + offset);
    }
    int word =
        switch (bytes) {
          case 4 -> 0xBD000000;
          case 8 -> 0xFD000000;
          case 16 -> 0x3D800000;
          default -> throw new IllegalArgumentException("no transfer of bytes: " + bytes);
        };
    return word | load << 22 | units << 10;
  }

  /** target = source. */
  public void move(ArmRegister target, ArmRegister source) {
    put(0xAA0003E0 | source.number() << 16 | target.number());
  }

  /** target = 32 bits, the upper half becomes 0. */
  public void move(ArmRegister target, int value) {
    put(0x52800000 | (value & 0xFFFF) << 5 | target.number());
    put(0x72A00000 | (value >>> 16) << 5 | target.number());
  }

  /** target += 0 to 4095. */
  public void add(ArmRegister target, int value) {
    if (value < 0 || value > MAX_IMMEDIATE) {
      throw new IllegalArgumentException("no immediate: " + value);
    }
    put(0x91000000 | value << 10 | target.number() << 5 | target.number());
  }

  /** target += other. */
  public void add(ArmRegister target, ArmRegister other) {
    put(0x8B000000 | other.number() << 16 | target.number() << 5 | target.number());
  }

  /** counter -= 1, and a jump to {@code begin} unless it is 0 then. */
  public void loop(ArmRegister counter, int begin) {
    put(0xD1000400 | counter.number() << 5 | counter.number());
    put(0xB5000000 | (begin - size & 0x7FFFF) << 5 | counter.number());
  }

  /** Puts the vector registers that belong to the caller on the stack. */
  public void saveVectors() {
    pair(0x6D800000, -KEPT, FIRST_KEPT);
    for (int i = 2; i < KEPT; i += 2) {
      pair(0x6D000000, i, FIRST_KEPT + i);
    }
  }

  /** Takes them from there again. */
  public void restoreVectors() {
    for (int i = 2; i < KEPT; i += 2) {
      pair(0x6D400000, i, FIRST_KEPT + i);
    }
    pair(0x6CC00000, KEPT, FIRST_KEPT);
  }

  /** STP or LDP of 64 bits each, by units of 8 bytes from the stack pointer. */
  private void pair(int word, int units, int register) {
    put(word | (units & 0x7F) << 15 | register + 1 << 10 | STACK_POINTER << 5 | register);
  }

  /** The end of the function. */
  public void ret() {
    put(0xD65F03C0);
  }

  private void put(int word) {
    if (size == words.length) {
      words = Arrays.copyOf(words, 2 * size);
    }
    words[size++] = word;
  }
}
