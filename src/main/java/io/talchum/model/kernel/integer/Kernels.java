package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.code.CodeEntry;
import io.talchum.model.kernel.code.CodeInstaller;
import io.talchum.model.kernel.code.CodeRefusedException;
import io.talchum.model.kernel.code.MachineCode;
import io.talchum.model.kernel.code.ProbeProgram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The machine code for all matrices of one format: to round the inputs of a group of tokens, and to
 * multiply. Any thread.
 */
final class Kernels {
  private static final int ALIGNMENT = 64;

  private final InstructionSet set;
  private final int digits;
  private final Map<Integer, Functions> byTokens = new HashMap<>();

  /** For groups of one size. */
  private record Functions(CodeEntry round, CodeEntry multiply) {}

  /**
   * Assembles and installs.
   *
   * @throws CodeRefusedException if the system gives no memory for code
   */
  Kernels(InstructionSet set, PanelFormat format, int digits, CodeInstaller installer)
      throws CodeRefusedException {
    this.set = set;
    this.digits = digits;
    for (int tokens : set.groups()) {
      InputFormat inputs = new InputFormat(format.columns(), digits, tokens);
      byte[] round = set.writer().rounding(inputs);
      byte[] multiply = set.writer().product(format, inputs);
      int begin = Math.ceilDiv(round.length, ALIGNMENT) * ALIGNMENT;
      byte[] both = Arrays.copyOf(round, begin + multiply.length);
      System.arraycopy(multiply, 0, both, begin, multiply.length);
      MachineCode machine = installer.install(both);
      byTokens.put(tokens, new Functions(machine.entry(0), machine.entry(begin)));
    }
  }

  /**
   * Whether the instructions are executed at all, tried in a process of its own; on AArch64 the
   * system's word is taken for it.
   */
  static boolean areExecuted(InstructionSet set, PanelFormat format, int digits) {
    if (!set.isX86()) {
      return true;
    }
    InputFormat inputs = new InputFormat(format.columns(), digits, 1);
    long zeros = ProbeProgram.ZEROS;
    long quarter = ProbeProgram.ZERO_BYTES / 4;
    byte[] round = set.writer().rounding(inputs);
    byte[] multiply = set.writer().product(format, inputs);
    return ProbeProgram.runs(round, zeros, zeros + quarter, zeros + 2 * quarter, 1)
        && ProbeProgram.runs(multiply, zeros, zeros + quarter, zeros + 2 * quarter, 1, 1, 0);
  }

  /** Tokens of the next group: many where there are plenty, else as many as are left. */
  int width(int tokens, int left) {
    return tokens >= 2 * set.manyTokens() && left >= set.manyTokens()
        ? set.manyTokens()
        : Math.min(left, set.fewTokens());
  }

  int digits() {
    return digits;
  }

  /**
   * Rounds one token of a group.
   *
   * @param x address of f32 [blocks, columns of the format]
   * @param record address of the group's first record
   */
  void round(InputFormat format, int token, long x, long record, int blocks) {
    functions(format.tokens())
        .round()
        .call(
            x,
            record + format.quantsAt(0, token),
            record + format.scalesAt() + (long) token * Float.BYTES,
            blocks);
  }

  /**
   * Multiplies panels with a group.
   *
   * @param weights address of the first panel
   * @param inputs address of the group's first record
   * @param y address of f32 [tokens][32 * panels]
   * @param stride bytes of y from token to token
   */
  void multiply(
      int tokens, long weights, long inputs, long y, int blocks, int panels, long stride) {
    functions(tokens).multiply().call(weights, inputs, y, blocks, panels, stride);
  }

  private Functions functions(int tokens) {
    return Objects.requireNonNull(byTokens.get(tokens));
  }
}
