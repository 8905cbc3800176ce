package io.talchum.model.kernel.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against the bytes that another assembler makes of the same text. */
class X86AssemblerTest {
  private static final Path TABLE = Path.of("src/test/resources/fixtures/x86-instructions.txt");
  private static final Pattern VECTOR = Pattern.compile("([xyz])mm(\\d+)");
  private static final Pattern MEMORY =
      Pattern.compile("\\w+ (PTR|BCST) \\[([a-z0-9]+)([+-]\\d+)]");

  @Test
  void everyInstructionIsEncodedAsByAnotherAssembler() throws IOException {
    List<String> lines = Files.readAllLines(TABLE);
    assertThat(lines).hasSizeGreaterThan(900);
    for (String line : lines.subList(1, lines.size())) {
      String[] parts = line.split(" ", 3);
      X86Assembler code = new X86Assembler();
      emit(code, parts[1], parts.length < 3 ? new String[0] : parts[2].split(","));
      assertThat(HexFormat.of().formatHex(code.code())).as(line).isEqualTo(parts[0]);
    }
  }

  /** Whatever kernels use is in the table, but for what jumps. */
  @Test
  void theTableHasEveryVectorInstruction() throws IOException {
    String table = Files.readString(TABLE);
    assertThat(VectorInstruction.values())
        .allSatisfy(
            op ->
                assertThat(table)
                    .contains(
                        " "
                            + switch (op) {
                              case VMOVUPS_LOAD, VMOVUPS_STORE -> "vmovups ";
                              case VMOVSS_STORE -> "vmovss ";
                              case VMOVD_STORE -> "vmovd ";
                              case SHIFT -> "vpsrld ";
                              default -> op.name().toLowerCase(Locale.ROOT);
                            }));
  }

  private static void emit(X86Assembler code, String name, String[] operands) {
    switch (name) {
      case "ret" -> code.ret();
      case "vzeroupper" -> code.zeroUpper();
      case "mov", "movabs", "add" -> emitInteger(code, name, operands);
      case "vpsrld", "vpslld", "vpsrad" -> {
        int bits = Integer.decode(operands[2]);
        switch (name) {
          case "vpsrld" ->
              code.shiftRight(width(operands), vector(operands[0]), vector(operands[1]), bits);
          case "vpslld" ->
              code.shiftLeft(width(operands), vector(operands[0]), vector(operands[1]), bits);
          default ->
              code.shiftRightSigned(
                  width(operands), vector(operands[0]), vector(operands[1]), bits);
        }
      }
      case "vextracti128" ->
          code.extractHalf(vector(operands[0]), vector(operands[1]), Integer.decode(operands[2]));
      default -> emitVector(code, name, operands);
    }
  }

  private static void emitInteger(X86Assembler code, String name, String[] operands) {
    Register target = register(operands[0]);
    boolean immediate = Character.isDigit(operands[1].charAt(0));
    if (name.equals("add")) {
      if (immediate) {
        code.add(target, Integer.decode(operands[1]));
      } else {
        code.add(target, register(operands[1]));
      }
    } else if (!immediate) {
      code.move(target, register(operands[1]));
    } else if (name.equals("movabs")) {
      code.move(target, (long) Long.decode(operands[1]));
    } else {
      code.move(target, (int) Integer.decode(operands[1]));
    }
  }

  private static void emitVector(X86Assembler code, String name, String[] operands) {
    VectorInstruction op = instruction(name, operands);
    Width width = width(operands);
    if (MEMORY.matcher(operands[0]).matches()) {
      code.op(op, width, vector(operands[1]), 0, memory(operands[0]));
      return;
    }
    int target = vector(operands[0]);
    String last = operands[operands.length - 1];
    int left = operands.length == 3 ? vector(operands[1]) : 0;
    if (op == VectorInstruction.VPSHUFD) {
      code.op(op, width, target, 0, left, Integer.decode(last));
    } else if (MEMORY.matcher(last).matches()) {
      code.op(op, width, target, left, memory(last));
    } else if (VECTOR.matcher(last).matches()) {
      code.op(op, width, target, left, vector(last));
    } else {
      code.op(op, width, target, register(last));
    }
  }

  private static VectorInstruction instruction(String name, String[] operands) {
    return switch (name) {
      case "vmovups" ->
          VECTOR.matcher(operands[0]).matches()
              ? VectorInstruction.VMOVUPS_LOAD
              : VectorInstruction.VMOVUPS_STORE;
      case "vmovss" -> VectorInstruction.VMOVSS_STORE;
      case "vmovd" -> VectorInstruction.VMOVD_STORE;
      case "vpandd" -> VectorInstruction.VPAND;
      case "vpxord" -> VectorInstruction.VPXOR;
      default -> VectorInstruction.valueOf(name.toUpperCase(Locale.ROOT));
    };
  }

  /** That of the widest vector. */
  private static Width width(String[] operands) {
    String all = String.join(",", operands);
    return all.contains("zmm")
        ? Width.EVEX_512
        : all.contains("ymm") ? Width.VEX_256 : Width.VEX_128;
  }

  private static int vector(String operand) {
    Matcher matcher = VECTOR.matcher(operand);
    assertThat(matcher.matches()).as(operand).isTrue();
    return Integer.parseInt(matcher.group(2));
  }

  private static Register register(String operand) {
    return Register.valueOf(operand.toUpperCase(Locale.ROOT));
  }

  private static Memory memory(String operand) {
    Matcher matcher = MEMORY.matcher(operand);
    assertThat(matcher.matches()).as(operand).isTrue();
    return new Memory(
        register(matcher.group(2)),
        Integer.parseInt(matcher.group(3)),
        matcher.group(1).equals("BCST"));
  }

  @Test
  void refusesWhatCannotBeEncoded() {
    X86Assembler code = new X86Assembler();
    assertThatThrownBy(() -> code.op(VectorInstruction.VPADDD, Width.VEX_256, 16, 0, 0))
        .hasMessage("VPADDD cannot be encoded as VEX_256");
    assertThatThrownBy(() -> code.op(VectorInstruction.VPADDD, Width.VEX_256, 0, 0, 16))
        .hasMessage("VPADDD cannot be encoded as VEX_256");
    assertThatThrownBy(
            () ->
                code.op(
                    VectorInstruction.VPADDD,
                    Width.VEX_256,
                    0,
                    0,
                    Memory.broadcast(Register.RAX, 0)))
        .hasMessage("VPADDD cannot be encoded as VEX_256");
    assertThat(code.code()).isEmpty();
  }

  @Test
  void aLoopJumpsBackToItsBeginning() {
    X86Assembler code = new X86Assembler();
    code.ret();
    int target = code.here();
    code.loop(Register.RCX, target);
    assertThat(HexFormat.of().formatHex(code.code()))
        .isEqualTo("c3" + "4883e901" + "0f85" + "f6ffffff"); // back by 10 bytes
    assertThat(Arrays.copyOf(code.code(), 1)).containsExactly(0xC3);
  }
}
