package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.code.Memory.at;
import static io.talchum.model.kernel.code.Register.RAX;
import static io.talchum.model.kernel.code.Register.RCX;
import static io.talchum.model.kernel.code.Register.RDI;
import static io.talchum.model.kernel.code.Register.RDX;
import static io.talchum.model.kernel.code.Register.RSI;
import static io.talchum.model.kernel.code.VectorInstruction.VBROADCASTSS;
import static io.talchum.model.kernel.code.VectorInstruction.VCVTDQ2PS;
import static io.talchum.model.kernel.code.VectorInstruction.VCVTPS2DQ;
import static io.talchum.model.kernel.code.VectorInstruction.VDIVSS;
import static io.talchum.model.kernel.code.VectorInstruction.VMAXSS;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVD_STORE;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVQ;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVSS_STORE;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVUPS_LOAD;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVUPS_STORE;
import static io.talchum.model.kernel.code.VectorInstruction.VMULPS;
import static io.talchum.model.kernel.code.VectorInstruction.VMULSS;
import static io.talchum.model.kernel.code.VectorInstruction.VPACKSSDW;
import static io.talchum.model.kernel.code.VectorInstruction.VPACKSSWB;
import static io.talchum.model.kernel.code.VectorInstruction.VPADDD;
import static io.talchum.model.kernel.code.VectorInstruction.VPAND;
import static io.talchum.model.kernel.code.VectorInstruction.VPBROADCASTD;
import static io.talchum.model.kernel.code.VectorInstruction.VPERMD;
import static io.talchum.model.kernel.code.VectorInstruction.VPMAXUD;
import static io.talchum.model.kernel.code.VectorInstruction.VPMOVZXBD;
import static io.talchum.model.kernel.code.VectorInstruction.VPSHUFD;
import static io.talchum.model.kernel.code.VectorInstruction.VPSUBD;
import static io.talchum.model.kernel.code.Width.VEX_128;
import static io.talchum.model.kernel.code.Width.VEX_256;

import io.talchum.model.kernel.code.VectorInstruction;
import io.talchum.model.kernel.code.X86Assembler;

/** Appends {@link KernelWriter#rounding} for x86-64, by AVX2. */
final class X86RoundingWriter {
  private static final int LANES = VEX_256.lanes();

  // Vector registers; 0 to 3 hold the block.
  private static final int MAX = 4;

  private static final int TEMPORARY = 5;
  private static final int SCALE = 6;
  private static final int SUM = 7;
  private static final int DIGIT = 8; // to 11
  private static final int LEVELS = 11; // a scalar, before the digits are taken
  private static final int ZERO = 12;
  private static final int ORDER = 13; // of ints after packing
  private static final int HALF = 14; // 128 in each lane
  private static final int ABSOLUTE = 15; // all bits but the sign

  private final X86Assembler code;
  private final InputFormat format;
  private final int vectors; // of a block

  private X86RoundingWriter(X86Assembler code, InputFormat format) {
    this.code = code;
    this.format = format;
    this.vectors = format.columns() / LANES;
  }

  /** Appends the function. */
  static void write(X86Assembler code, InputFormat format) {
    new X86RoundingWriter(code, format).write();
  }

  private void write() {
    fill(ABSOLUTE, Integer.MAX_VALUE);
    fill(HALF, 128);
    code.move(RAX, 0x0703060205010400L); // the ints of an even lane, then of the odd one
    code.op(VMOVQ, VEX_128, ORDER, RAX);
    code.op(VPMOVZXBD, VEX_256, ORDER, 0, ORDER);
    code.op(VectorInstruction.VPXOR, VEX_256, ZERO, ZERO, ZERO);
    int block = code.here();
    for (int v = 0; v < vectors; v++) {
      code.op(VMOVUPS_LOAD, VEX_256, v, 0, at(RDI, v * VEX_256.bytes()));
    }
    scale();
    sum();
    for (int digit = 0; digit < format.digits(); digit++) {
      store(digit);
    }
    code.add(RDI, format.columns() * Float.BYTES);
    code.add(RSI, format.recordBytes());
    code.add(RDX, format.recordBytes());
    code.loop(RCX, block);
    code.zeroUpper();
    code.ret();
  }

  private void fill(int register, int value) {
    code.move(RAX, value);
    code.op(VMOVQ, VEX_128, register, RAX);
    code.op(VPBROADCASTD, VEX_256, register, 0, register);
  }

  private void scalar(int register, float value) {
    code.move(RAX, Float.floatToRawIntBits(value));
    code.op(VMOVQ, VEX_128, register, RAX);
  }

  /** Stores d, and makes quants of the block. */
  private void scale() {
    code.op(VPAND, VEX_256, MAX, ABSOLUTE, 0);
    for (int v = 1; v < vectors; v++) {
      code.op(VPAND, VEX_256, TEMPORARY, ABSOLUTE, v);
      code.op(VPMAXUD, VEX_256, MAX, MAX, TEMPORARY);
    }
    acrossLanes(VPMAXUD, MAX);
    scalar(TEMPORARY, InputFormat.SMALLEST);
    code.op(VMAXSS, VEX_128, MAX, TEMPORARY, MAX); // the second if either is NaN
    scalar(TEMPORARY, 1f / format.levels());
    code.op(VMULSS, VEX_128, SCALE, MAX, TEMPORARY);
    code.op(VMOVSS_STORE, VEX_128, SCALE, 0, at(RDX, 0));
    scalar(LEVELS, format.levels());
    code.op(VDIVSS, VEX_128, MAX, LEVELS, MAX);
    code.op(VBROADCASTSS, VEX_256, MAX, 0, MAX);
    for (int v = 0; v < vectors; v++) {
      code.op(VMULPS, VEX_256, v, v, MAX);
      code.op(VCVTPS2DQ, VEX_256, v, 0, v);
    }
  }

  /** Stores -8 sum(q) and d sum(q). */
  private void sum() {
    code.op(VPADDD, VEX_256, SUM, 0, 1);
    for (int v = 2; v < vectors; v++) {
      code.op(VPADDD, VEX_256, SUM, SUM, v);
    }
    acrossLanes(VPADDD, SUM);
    code.shiftLeft(VEX_128, TEMPORARY, SUM, 3);
    code.op(VPSUBD, VEX_128, TEMPORARY, ZERO, TEMPORARY);
    int starts = format.startsAt() - format.scalesAt();
    code.op(VMOVD_STORE, VEX_128, TEMPORARY, 0, at(RDX, starts));
    code.op(VCVTDQ2PS, VEX_128, SUM, 0, SUM);
    code.op(VMULSS, VEX_128, SUM, SUM, SCALE);
    int sums = format.sumsAt() - format.scalesAt();
    code.op(VMOVSS_STORE, VEX_128, SUM, 0, at(RDX, sums));
  }

  /** The first lane = op over all eight lanes. */
  private void acrossLanes(VectorInstruction op, int register) {
    code.extractHalf(TEMPORARY, register, 1);
    code.op(op, VEX_128, register, register, TEMPORARY);
    code.op(VPSHUFD, VEX_128, TEMPORARY, 0, register, 0x4E); // lanes 2 3 0 1
    code.op(op, VEX_128, register, register, TEMPORARY);
    code.op(VPSHUFD, VEX_128, TEMPORARY, 0, register, 0xB1); // lanes 1 0 3 2
    code.op(op, VEX_128, register, register, TEMPORARY);
  }

  /** Stores one digit of all quants as bytes; of two, the first is (q + 128) >> 8. */
  private void store(int digit) {
    for (int v = 0; v < vectors; v++) {
      if (format.digits() == 2 && digit == 0) {
        code.op(VPADDD, VEX_256, DIGIT + v, v, HALF);
        code.shiftRightSigned(VEX_256, DIGIT + v, DIGIT + v, Byte.SIZE);
      } else {
        code.shiftLeft(VEX_256, DIGIT + v, v, 24);
        code.shiftRightSigned(VEX_256, DIGIT + v, DIGIT + v, 24);
      }
    }
    int last = vectors == 4 ? DIGIT + 2 : DIGIT;
    for (int v = DIGIT; v <= last; v += 2) {
      code.op(VPACKSSDW, VEX_256, v, v, v + 1);
    }
    code.op(VPACKSSWB, VEX_256, DIGIT, DIGIT, last);
    code.op(VPERMD, VEX_256, DIGIT, ORDER, DIGIT);
    code.op(
        VMOVUPS_STORE,
        vectors == 4 ? VEX_256 : VEX_128,
        DIGIT,
        0,
        at(RSI, format.quantsAt(digit, 0)));
  }
}
