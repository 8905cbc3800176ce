package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.code.ArmRegister.X0;
import static io.talchum.model.kernel.code.ArmRegister.X1;
import static io.talchum.model.kernel.code.ArmRegister.X2;
import static io.talchum.model.kernel.code.ArmRegister.X3;
import static io.talchum.model.kernel.code.ArmRegister.X9;
import static io.talchum.model.kernel.code.NeonInstruction.ADDV;
import static io.talchum.model.kernel.code.NeonInstruction.ADD_INT;
import static io.talchum.model.kernel.code.NeonInstruction.FABS;
import static io.talchum.model.kernel.code.NeonInstruction.FCVTNS;
import static io.talchum.model.kernel.code.NeonInstruction.FDIV_SCALAR;
import static io.talchum.model.kernel.code.NeonInstruction.FMUL_LANE;
import static io.talchum.model.kernel.code.NeonInstruction.FMUL_SCALAR;
import static io.talchum.model.kernel.code.NeonInstruction.NEG;
import static io.talchum.model.kernel.code.NeonInstruction.SCVTF_SCALAR;
import static io.talchum.model.kernel.code.NeonInstruction.UMAXV;
import static io.talchum.model.kernel.code.NeonInstruction.UMAX_INT;
import static io.talchum.model.kernel.code.NeonInstruction.XTN2_INT;
import static io.talchum.model.kernel.code.NeonInstruction.XTN2_SHORT;
import static io.talchum.model.kernel.code.NeonInstruction.XTN_INT;
import static io.talchum.model.kernel.code.NeonInstruction.XTN_SHORT;

import io.talchum.model.kernel.code.ArmAssembler;

/** Writes {@link KernelWriter#rounding} for AArch64. */
final class ArmRoundingWriter {
  private static final int VECTOR_BYTES = 16;
  private static final int LANES = 4;

  // Vector registers, none of the caller's; the first eight hold the block.
  private static final int DIGIT = 16; // to 23
  private static final int MAX = 24;
  private static final int TEMPORARY = 25;
  private static final int SCALE = 26;
  private static final int SUM = 27;
  private static final int HALF = 28; // 128 in each int
  private static final int SMALLEST = 29;
  private static final int INVERSE_LEVELS = 30;
  private static final int LEVELS = 31;

  private final ArmAssembler code = new ArmAssembler();
  private final InputFormat format;
  private final int vectors; // of a block

  private ArmRoundingWriter(InputFormat format) {
    this.format = format;
    this.vectors = format.columns() / LANES;
  }

  /** The function's code. */
  static byte[] write(InputFormat format) {
    ArmRoundingWriter writer = new ArmRoundingWriter(format);
    writer.write();
    return writer.code.code();
  }

  private void write() {
    fill(HALF, 128);
    fill(SMALLEST, Float.floatToRawIntBits(InputFormat.SMALLEST));
    fill(INVERSE_LEVELS, Float.floatToRawIntBits(1f / format.levels()));
    fill(LEVELS, Float.floatToRawIntBits(format.levels()));
    int block = code.here();
    for (int v = 0; v < vectors; v++) {
      code.load(VECTOR_BYTES, v, X0, v * VECTOR_BYTES);
    }
    scale();
    sum();
    for (int digit = 0; digit < format.digits(); digit++) {
      store(digit);
    }
    code.add(X0, format.columns() * Float.BYTES);
    code.add(X1, format.recordBytes());
    code.add(X2, format.recordBytes());
    code.loop(X3, block);
    code.ret();
  }

  private void fill(int register, int bits) {
    code.move(X9, bits);
    code.fillInts(register, X9);
  }

  /** Stores d, and makes quants of the block. */
  private void scale() {
    code.op(FABS, MAX, 0);
    for (int v = 1; v < vectors; v++) {
      code.op(FABS, TEMPORARY, v);
      code.op(UMAX_INT, MAX, MAX, TEMPORARY);
    }
    code.op(UMAXV, MAX, MAX);
    code.op(UMAX_INT, MAX, MAX, SMALLEST);
    code.op(FMUL_SCALAR, SCALE, MAX, INVERSE_LEVELS);
    code.store(Float.BYTES, SCALE, X2, 0);
    code.op(FDIV_SCALAR, MAX, LEVELS, MAX);
    for (int v = 0; v < vectors; v++) {
      code.lane(FMUL_LANE, v, v, MAX, 0);
      code.op(FCVTNS, v, v);
    }
  }

  /** Stores -8 sum(q) and d sum(q). */
  private void sum() {
    code.op(ADD_INT, SUM, 0, 1);
    for (int v = 2; v < vectors; v++) {
      code.op(ADD_INT, SUM, SUM, v);
    }
    code.op(ADDV, SUM, SUM);
    code.shiftLeft(TEMPORARY, SUM, 3);
    code.op(NEG, TEMPORARY, TEMPORARY);
    code.store(Integer.BYTES, TEMPORARY, X2, format.startsAt() - format.scalesAt());
    code.op(SCVTF_SCALAR, SUM, SUM);
    code.op(FMUL_SCALAR, SUM, SUM, SCALE);
    code.store(Float.BYTES, SUM, X2, format.sumsAt() - format.scalesAt());
  }

  /** Stores one digit of all quants as bytes; of two, the first is (q + 128) >> 8. */
  private void store(int digit) {
    boolean upper = format.digits() == 2 && digit == 0;
    for (int v = 0; upper && v < vectors; v++) {
      code.op(ADD_INT, DIGIT + v, v, HALF);
      code.shiftRightSigned(DIGIT + v, DIGIT + v, Byte.SIZE);
    }
    int from = upper ? DIGIT : 0;
    for (int v = 0; v < vectors; v += LANES) {
      code.op(XTN_INT, MAX, from + v);
      code.op(XTN2_INT, MAX, from + v + 1);
      code.op(XTN_INT, TEMPORARY, from + v + 2);
      code.op(XTN2_INT, TEMPORARY, from + v + 3);
      code.op(XTN_SHORT, MAX, MAX);
      code.op(XTN2_SHORT, MAX, TEMPORARY);
      code.store(VECTOR_BYTES, MAX, X1, format.quantsAt(digit, 0) + v * LANES);
    }
  }
}
