package io.talchum.model.kernel.integer;

import static io.talchum.model.kernel.code.Memory.at;
import static io.talchum.model.kernel.code.Register.R10;
import static io.talchum.model.kernel.code.Register.R11;
import static io.talchum.model.kernel.code.Register.R8;
import static io.talchum.model.kernel.code.Register.R9;
import static io.talchum.model.kernel.code.Register.RAX;
import static io.talchum.model.kernel.code.Register.RCX;
import static io.talchum.model.kernel.code.Register.RDI;
import static io.talchum.model.kernel.code.Register.RDX;
import static io.talchum.model.kernel.code.Register.RSI;
import static io.talchum.model.kernel.code.VectorInstruction.VCVTDQ2PS;
import static io.talchum.model.kernel.code.VectorInstruction.VCVTPH2PS;
import static io.talchum.model.kernel.code.VectorInstruction.VFMADD231PS;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVUPS_LOAD;
import static io.talchum.model.kernel.code.VectorInstruction.VMOVUPS_STORE;
import static io.talchum.model.kernel.code.VectorInstruction.VMULPS;
import static io.talchum.model.kernel.code.VectorInstruction.VPADDD;
import static io.talchum.model.kernel.code.VectorInstruction.VPADDW;
import static io.talchum.model.kernel.code.VectorInstruction.VPAND;
import static io.talchum.model.kernel.code.VectorInstruction.VPBROADCASTD;
import static io.talchum.model.kernel.code.VectorInstruction.VPDPBUSD;
import static io.talchum.model.kernel.code.VectorInstruction.VPMADDUBSW;
import static io.talchum.model.kernel.code.VectorInstruction.VPMADDWD;
import static io.talchum.model.kernel.code.VectorInstruction.VPXOR;

import io.talchum.model.kernel.code.Memory;
import io.talchum.model.kernel.code.VectorInstruction;
import io.talchum.model.kernel.code.Width;
import io.talchum.model.kernel.code.X86Assembler;

/**
 * Appends {@link KernelWriter#product} for x86-64.
 *
 * <p>Sums stay exact on the way: of 32 products of nibbles with digits at most 15 * 128 in 16 bits
 * per lane (16 of them), 255 * 32 * 32639 in 32.
 */
final class X86ProductWriter {
  private final X86Assembler code;
  private final X86Kernels set;
  private final PanelFormat weights;
  private final InputFormat inputs;
  private final Width width;
  private final int vectors; // of rows at once
  private final int tokens;

  // Vector registers.
  private final int total; // integer sums of the block, [tokens][vectors]
  private final int part; // another chain: the upper digit's sums, or 16-bit ones
  private final int sum; // fp32 [tokens][vectors]
  private final int low; // weights [vectors], later scales
  private final int high; // weights [vectors], later offsets
  private final int nibbles; // 0x0f in each byte
  private final int temporary;
  private final int input; // broadcast, where an instruction cannot do it
  private final int ones; // 1 in each 16 bits

  private X86ProductWriter(
      X86Assembler code, X86Kernels set, PanelFormat weights, InputFormat inputs) {
    this.code = code;
    this.set = set;
    this.weights = weights;
    this.inputs = inputs;
    this.width = set.width();
    this.tokens = inputs.tokens();
    this.vectors = set.vectors(tokens);
    int sums = tokens * vectors;
    this.total = 0;
    this.sum = sums;
    this.part = 2 * sums;
    this.low = inputs.digits() == 2 || !set.hasDotProduct() ? 3 * sums : 2 * sums;
    this.high = low + vectors;
    this.nibbles = high + vectors;
    this.temporary = nibbles + 1;
    this.input = temporary + 1;
    this.ones = input + 1;
  }

  /** Appends the function. */
  static void write(X86Assembler code, X86Kernels set, PanelFormat weights, InputFormat inputs) {
    new X86ProductWriter(code, set, weights, inputs).write();
  }

  private void write() {
    fill(nibbles, 0x0f0f0f0f);
    if (!set.hasDotProduct()) {
      fill(ones, 0x00010001);
    }
    int panel = code.here();
    int perPanel = PanelFormat.ROWS / width.lanes();
    for (int first = 0; first < perPanel; first += vectors) {
      strip(first);
    }
    code.move(RDI, R10);
    code.add(RDX, PanelFormat.groupBytes());
    code.loop(R8, panel);
    code.zeroUpper();
    code.ret();
  }

  private void fill(int register, int value) {
    code.move(RAX, value);
    code.op(VectorInstruction.VMOVQ, Width.VEX_128, total, RAX);
    code.op(VPBROADCASTD, width, register, 0, total);
  }

  /** All blocks of some vectors of rows. */
  private void strip(int first) {
    code.move(R10, RDI);
    code.move(R11, RSI);
    code.move(RAX, RCX);
    for (int i = 0; i < tokens * vectors; i++) {
      clear(sum + i);
    }
    int block = code.here();
    if (set.hasDotProduct()) {
      sumByDotProducts(first);
    } else {
      sumByWords(first);
    }
    addBlock(first);
    code.add(R10, weights.recordBytes());
    code.add(R11, inputs.recordBytes());
    code.loop(RAX, block);
    code.move(RAX, RDX);
    for (int token = 0; token < tokens; token++) {
      for (int v = 0; v < vectors; v++) {
        Memory y = at(RAX, (first + v) * width.bytes());
        code.op(VMOVUPS_STORE, width, sum + token * vectors + v, 0, y);
      }
      code.add(RAX, R9);
    }
  }

  /** total = the block's sums: chains of both digits beside each other, weights unpacked once. */
  private void sumByDotProducts(int first) {
    boolean two = inputs.digits() == 2;
    for (int token = 0; token < tokens; token++) {
      for (int v = 0; v < vectors; v++) {
        int i = token * vectors + v;
        start(total + i, token);
        if (two) {
          clear(part + i);
        }
      }
    }
    for (int group = 0; group < weights.groups(); group++) {
      unpack(first, group);
      for (int four = 0; four < fours(); four++) {
        for (int digit = 0; digit < inputs.digits(); digit++) {
          int to = two && digit == 0 ? part : total;
          dotProducts(to, four == 0 ? low : high, digit, 4 * (group * fours() + four));
        }
      }
    }
    for (int i = 0; two && i < tokens * vectors; i++) {
      code.shiftLeft(width, part + i, part + i, Byte.SIZE);
      code.op(VPADDD, width, total + i, total + i, part + i);
    }
  }

  private void dotProducts(int to, int quants, int digit, int column) {
    for (int token = 0; token < tokens; token++) {
      int at = inputs.quantsAt(digit, token) + column;
      if (width != Width.EVEX_512) {
        code.op(VPBROADCASTD, width, input, 0, at(R11, at));
      }
      for (int v = 0; v < vectors; v++) {
        int target = to + token * vectors + v;
        if (width == Width.EVEX_512) {
          code.op(VPDPBUSD, width, target, quants + v, Memory.broadcast(R11, at));
        } else {
          code.op(VPDPBUSD, width, target, quants + v, input);
        }
      }
    }
  }

  /**
   * total = the block's sums, without dot products: pairs of products are summed in 16 bits, and
   * bytes are two planes of nibbles. Horner's rule puts planes and digits together.
   */
  private void sumByWords(int first) {
    int planes = weights.bits() / 4;
    for (int digit = 0; digit < inputs.digits(); digit++) {
      for (int plane = planes - 1; plane >= 0; plane--) {
        sumWords(first, digit, plane);
        boolean begins = digit == 0 && plane == planes - 1;
        for (int i = 0; i < tokens * vectors; i++) {
          if (begins) {
            code.op(VPMADDWD, width, total + i, part + i, ones);
            continue;
          }
          code.op(VPMADDWD, width, part + i, part + i, ones);
          code.shiftLeft(width, total + i, total + i, planes == 2 ? 4 : Byte.SIZE);
          code.op(VPADDD, width, total + i, total + i, part + i);
        }
      }
    }
    for (int token = 0; token < tokens; token++) {
      start(temporary, token);
      for (int v = 0; v < vectors; v++) {
        int i = total + token * vectors + v;
        code.op(VPADDD, width, i, i, temporary);
      }
    }
  }

  /** part = 16-bit sums of one digit with the nibbles, or one plane of the bytes. */
  private void sumWords(int first, int digit, int plane) {
    for (int group = 0; group < weights.groups(); group++) {
      unpack(first, group);
      for (int four = 0; four < fours(); four++) {
        int quants = fours() == 2 ? four == 0 ? low : high : plane == 0 ? low : high;
        int column = 4 * (group * fours() + four);
        for (int token = 0; token < tokens; token++) {
          int x = inputs.quantsAt(digit, token) + column;
          code.op(VPBROADCASTD, width, input, 0, at(R11, x));
          for (int v = 0; v < vectors; v++) {
            int i = part + token * vectors + v;
            if (column == 0) {
              code.op(VPMADDUBSW, width, i, quants + v, input);
            } else {
              code.op(VPMADDUBSW, width, temporary, quants + v, input);
              code.op(VPADDW, width, i, i, temporary);
            }
          }
        }
      }
    }
  }

  /** Groups of four columns in an int. */
  private int fours() {
    return weights.bits() == 4 ? 2 : 1;
  }

  /** low, high = nibbles of a group of columns; bytes stay whole in low where dot products are. */
  private void unpack(int first, int group) {
    for (int v = 0; v < vectors; v++) {
      int from =
          weights.quantsAt() + group * PanelFormat.groupBytes() + (first + v) * width.bytes();
      if (weights.bits() == 8 && set.hasDotProduct()) {
        code.op(VMOVUPS_LOAD, width, low + v, 0, at(R10, from));
        continue;
      }
      code.op(VMOVUPS_LOAD, width, high + v, 0, at(R10, from));
      code.op(VPAND, width, low + v, nibbles, high + v);
      code.shiftRight(width, high + v, high + v, 4);
      code.op(VPAND, width, high + v, nibbles, high + v);
    }
  }

  /** What a block's sum starts with: -2^(bits - 1) sum(q), or nothing if there are offsets. */
  private void start(int register, int token) {
    if (weights.hasOffsets()) {
      clear(register);
      return;
    }
    code.op(VPBROADCASTD, width, register, 0, at(R11, inputs.startsAt() + 4 * token));
    if (weights.bits() == 8) {
      code.shiftLeft(width, register, register, 4);
    }
  }

  /** sum += d_w d_x total + m_w (d_x sum(q)). */
  private void addBlock(int first) {
    for (int v = 0; v < vectors; v++) {
      factors(low + v, first + v, 0);
      if (weights.hasOffsets()) {
        factors(high + v, first + v, weights.offsetsAt());
      }
    }
    for (int token = 0; token < tokens; token++) {
      for (int v = 0; v < vectors; v++) {
        int i = token * vectors + v;
        code.op(VCVTDQ2PS, width, total + i, 0, total + i);
        withInput(VMULPS, temporary, low + v, inputs.scalesAt() + 4 * token);
        code.op(VFMADD231PS, width, sum + i, total + i, temporary);
        if (weights.hasOffsets()) {
          withInput(VFMADD231PS, sum + i, high + v, inputs.sumsAt() + 4 * token);
        }
      }
    }
  }

  private void factors(int register, int vector, int at) {
    Memory from = at(R10, at + vector * width.lanes() * weights.factorBytes());
    code.op(weights.halves() ? VCVTPH2PS : VMOVUPS_LOAD, width, register, 0, from);
  }

  private void withInput(VectorInstruction op, int target, int left, int at) {
    if (width == Width.EVEX_512) {
      code.op(op, width, target, left, Memory.broadcast(R11, at));
    } else {
      code.op(VPBROADCASTD, width, input, 0, at(R11, at));
      code.op(op, width, target, left, input);
    }
  }

  private void clear(int register) {
    code.op(VPXOR, width, register, register, register);
  }
}
