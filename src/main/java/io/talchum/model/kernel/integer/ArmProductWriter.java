package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.code.ArmRegister.X0;
import static io.talchum.model.kernel.code.ArmRegister.X1;
import static io.talchum.model.kernel.code.ArmRegister.X10;
import static io.talchum.model.kernel.code.ArmRegister.X11;
import static io.talchum.model.kernel.code.ArmRegister.X2;
import static io.talchum.model.kernel.code.ArmRegister.X3;
import static io.talchum.model.kernel.code.ArmRegister.X4;
import static io.talchum.model.kernel.code.ArmRegister.X5;
import static io.talchum.model.kernel.code.ArmRegister.X9;
import static io.talchum.model.kernel.code.NeonInstruction.ADD_INT;
import static io.talchum.model.kernel.code.NeonInstruction.AND;
import static io.talchum.model.kernel.code.NeonInstruction.DUP;
import static io.talchum.model.kernel.code.NeonInstruction.EOR;
import static io.talchum.model.kernel.code.NeonInstruction.FCVTL;
import static io.talchum.model.kernel.code.NeonInstruction.FMLA;
import static io.talchum.model.kernel.code.NeonInstruction.FMLA_LANE;
import static io.talchum.model.kernel.code.NeonInstruction.FMUL_LANE;
import static io.talchum.model.kernel.code.NeonInstruction.NEG;
import static io.talchum.model.kernel.code.NeonInstruction.SCVTF;
import static io.talchum.model.kernel.code.NeonInstruction.SDOT_LANE;

import io.talchum.model.kernel.code.ArmAssembler;

/**
 * Writes {@link KernelWriter#product} for AArch64. Dot products take signed bytes, which nibbles
 * are as they stand; bytes become signed by their highest bit.
 */
final class ArmProductWriter {
  private static final int VECTOR_BYTES = 16;
  private static final int LANES = 4; // rows of a vector
  private static final int PIECE = 16; // columns whose inputs a vector holds
  private static final int FOURS = PIECE / 4; // dot products of a piece

  private final ArmAssembler code = new ArmAssembler();
  private final PanelFormat weights;
  private final InputFormat inputs;
  private final int tokens;
  private final int vectors; // of rows at once
  private final boolean two; // digits

  // Vector registers.
  private final int total; // integer sums of the block, [tokens][vectors]
  private final int part; // the upper digit's sums, if there are two
  private final int sum; // fp32 [tokens][vectors]
  private final int quants; // of a piece [fours][vectors], later scales and offsets
  private final int input; // of one token and digit, later its scale or its sum
  private final int mask; // 0x0f in each byte, or 0x80
  private final int temporary;

  private ArmProductWriter(PanelFormat weights, InputFormat inputs) {
    this.weights = weights;
    this.inputs = inputs;
    this.tokens = inputs.tokens();
    this.vectors = tokens == 1 ? 4 : tokens <= 3 ? 2 : 1;
    this.two = inputs.digits() == 2;
    int sums = tokens * vectors;
    this.total = 0;
    this.sum = sums;
    this.part = 2 * sums;
    this.quants = (two ? 3 : 2) * sums;
    this.input = quants + FOURS * vectors;
    this.mask = input + 1;
    this.temporary = mask + 1;
  }

  /** The function's code. */
  static byte[] write(PanelFormat weights, InputFormat inputs) {
    ArmProductWriter writer = new ArmProductWriter(weights, inputs);
    writer.write();
    return writer.code.code();
  }

  private void write() {
    code.saveVectors();
    code.fillBytes(mask, weights.bits() == 4 ? 0x0f : 0x80);
    int panel = code.here();
    for (int first = 0; first < PanelFormat.ROWS / LANES; first += vectors) {
      strip(first);
    }
    code.move(X0, X9);
    code.add(X2, PanelFormat.groupBytes());
    code.loop(X4, panel);
    code.restoreVectors();
    code.ret();
  }

  /** All blocks of some vectors of rows. */
  private void strip(int first) {
    code.move(X9, X0);
    code.move(X10, X1);
    code.move(X11, X3);
    for (int i = 0; i < tokens * vectors; i++) {
      clear(sum + i);
    }
    int block = code.here();
    sumDigits(first);
    addBlock(first);
    code.add(X9, weights.recordBytes());
    code.add(X10, inputs.recordBytes());
    code.loop(X11, block);
    code.move(X11, X2);
    for (int token = 0; token < tokens; token++) {
      for (int v = 0; v < vectors; v++) {
        code.store(VECTOR_BYTES, sum + token * vectors + v, X11, (first + v) * VECTOR_BYTES);
      }
      code.add(X11, X5);
    }
  }

  /** total = the block's sums. */
  private void sumDigits(int first) {
    for (int token = 0; token < tokens; token++) {
      for (int v = 0; v < vectors; v++) {
        start(total + token * vectors + v, token);
        if (two) {
          clear(part + token * vectors + v);
        }
      }
    }
    for (int piece = 0; piece < inputs.columns() / PIECE; piece++) {
      unpack(first, piece);
      for (int token = 0; token < tokens; token++) {
        for (int digit = 0; digit < inputs.digits(); digit++) {
          code.load(VECTOR_BYTES, input, X10, inputs.quantsAt(digit, token) + piece * PIECE);
          dotProducts((two && digit == 0 ? part : total) + token * vectors);
        }
      }
    }
    for (int i = 0; two && i < tokens * vectors; i++) {
      code.shiftLeft(part + i, part + i, Byte.SIZE);
      code.op(ADD_INT, total + i, total + i, part + i);
    }
  }

  private void dotProducts(int to) {
    for (int four = 0; four < FOURS; four++) {
      for (int v = 0; v < vectors; v++) {
        code.lane(SDOT_LANE, to + v, quants + four * vectors + v, input, four);
      }
    }
  }

  /** quants = the weights of a piece, as signed bytes. */
  private void unpack(int first, int piece) {
    int foursOfInt = weights.bits() == 4 ? 2 : 1;
    for (int four = 0; four < FOURS; four += foursOfInt) {
      int group = (piece * FOURS + four) / foursOfInt;
      for (int v = 0; v < vectors; v++) {
        int low = quants + four * vectors + v;
        int from =
            weights.quantsAt() + group * PanelFormat.groupBytes() + (first + v) * VECTOR_BYTES;
        code.load(VECTOR_BYTES, temporary, X9, from);
        if (weights.bits() == 8) {
          code.op(EOR, low, temporary, mask);
        } else {
          code.op(AND, low, temporary, mask);
          code.shiftBytesRight(low + vectors, temporary, 4);
        }
      }
    }
  }

  /**
   * What a block's sum starts with, made of the stored -8 sum(q): that of symmetric nibbles, which
   * are counted from 0 here, and 128 sum(q) of bytes with offsets, which are counted from -128.
   */
  private void start(int register, int token) {
    if (weights.hasOffsets() == (weights.bits() == 4)) {
      clear(register);
      return;
    }
    code.load(Integer.BYTES, register, X10, inputs.startsAt() + token * Integer.BYTES);
    code.op(DUP, register, register);
    if (weights.bits() == 8) {
      code.shiftLeft(register, register, 4);
      code.op(NEG, register, register);
    }
  }

  /** sum += d_w d_x total + m_w (d_x sum(q)). */
  private void addBlock(int first) {
    int offsets = quants + vectors;
    for (int v = 0; v < vectors; v++) {
      factors(quants + v, first + v, 0);
      if (weights.hasOffsets()) {
        factors(offsets + v, first + v, weights.offsetsAt());
      }
    }
    for (int token = 0; token < tokens; token++) {
      int i = token * vectors;
      code.load(Float.BYTES, input, X10, inputs.scalesAt() + token * Float.BYTES);
      for (int v = 0; v < vectors; v++) {
        code.op(SCVTF, total + i + v, total + i + v);
        code.lane(FMUL_LANE, temporary, quants + v, input, 0);
        code.op(FMLA, sum + i + v, total + i + v, temporary);
      }
      if (weights.hasOffsets()) {
        code.load(Float.BYTES, input, X10, inputs.sumsAt() + token * Float.BYTES);
        for (int v = 0; v < vectors; v++) {
          code.lane(FMLA_LANE, sum + i + v, offsets + v, input, 0);
        }
      }
    }
  }

  private void factors(int register, int vector, int at) {
    int bytes = LANES * weights.factorBytes();
    code.load(bytes, register, X9, at + vector * bytes);
    if (weights.halves()) {
      code.op(FCVTL, register, register);
    }
  }

  private void clear(int register) {
    code.op(EOR, register, register, register);
  }
}
