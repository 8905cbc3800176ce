package io.talchum.model.kernel.code;

import static io.talchum.model.kernel.code.NeonInstruction.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against the words that another assembler makes of the same text. */
class ArmAssemblerTest {
  private static final Path TABLE = Path.of("src/test/resources/fixtures/arm-instructions.txt");
  private static final Pattern NUMBER =
      Pattern.compile("(?<![0-9a-z.])[vqdswx#]?-?(\\d+)|\\[(\\d)]");

  /** By the name and the shape of the first operand, where a name has several. */
  private static final Map<String, NeonInstruction> OPERATIONS =
      Map.ofEntries(
          Map.entry("and 16b", AND),
          Map.entry("eor 16b", EOR),
          Map.entry("add 4s", ADD_INT),
          Map.entry("sub 4s", SUB_INT),
          Map.entry("umax 4s", UMAX_INT),
          Map.entry("fmul 4s", FMUL),
          Map.entry("fmla 4s", FMLA),
          Map.entry("sdot lane", SDOT_LANE),
          Map.entry("fmul lane", FMUL_LANE),
          Map.entry("fmla lane", FMLA_LANE),
          Map.entry("fabs 4s", FABS),
          Map.entry("neg 4s", NEG),
          Map.entry("scvtf 4s", SCVTF),
          Map.entry("fcvtns 4s", FCVTNS),
          Map.entry("fcvtl 4s", FCVTL),
          Map.entry("xtn 4h", XTN_INT),
          Map.entry("xtn2 8h", XTN2_INT),
          Map.entry("xtn 8b", XTN_SHORT),
          Map.entry("xtn2 16b", XTN2_SHORT),
          Map.entry("addv s", ADDV),
          Map.entry("umaxv s", UMAXV),
          Map.entry("dup 4s", DUP),
          Map.entry("fmul s", FMUL_SCALAR),
          Map.entry("fdiv s", FDIV_SCALAR),
          Map.entry("scvtf s", SCVTF_SCALAR));

  private final Set<NeonInstruction> seen = EnumSet.noneOf(NeonInstruction.class);

  @Test
  void everyInstructionIsEncodedAsByAnotherAssembler() throws IOException {
    List<String> lines = Files.readAllLines(TABLE);
    assertThat(lines).hasSizeGreaterThan(800);
    for (String line : lines.subList(1, lines.size())) {
      String[] parts = line.split(" ", 3);
      if (parts.length < 3) {
        assertThat(parts[1]).isEqualTo("ret");
        parts = new String[] {parts[0], "ret", ""};
      }
      assertThat(words(parts[1], parts[2])).as(line).contains(parts[0]);
    }
    assertThat(seen).isEqualTo(EnumSet.allOf(NeonInstruction.class));
  }

  @Test
  void offsetsThatNoInstructionHoldsAreRefused() {
    ArmAssembler code = new ArmAssembler();
    assertThatThrownBy(() -> code.load(16, 0, ArmRegister.X0, 8)).hasMessageContaining("8");
    assertThatThrownBy(() -> code.store(4, 0, ArmRegister.X0, 4 * 4096))
        .hasMessageContaining("16384");
    assertThatThrownBy(() -> code.load(4, 0, ArmRegister.X0, -4)).hasMessageContaining("-4");
    assertThatThrownBy(() -> code.add(ArmRegister.X0, 4096)).hasMessageContaining("4096");
  }

  /** Of one line; several where the assembler writes several at once. */
  private List<String> words(String name, String operands) {
    ArmAssembler code = new ArmAssembler();
    List<Integer> n = numbers(operands);
    switch (name) {
      case "ret" -> code.ret();
      case "ldr", "str" -> transfer(code, name, operands, n);
      case "ushr" -> code.shiftBytesRight(n.get(0), n.get(1), n.get(2));
      case "sshr" -> code.shiftRightSigned(n.get(0), n.get(1), n.get(2));
      case "shl" -> code.shiftLeft(n.get(0), n.get(1), n.get(2));
      case "movi" -> code.fillBytes(n.get(0), n.get(1));
      case "movz", "movk" -> code.move(register(n.get(0)), 0x56781234);
      case "mov" -> code.move(register(n.get(0)), register(n.get(1)));
      case "sub" -> {
        if (operands.startsWith("x")) {
          code.loop(register(n.get(0)), 0);
        } else {
          operation(code, "sub 4s", n);
        }
      }
      case "cbnz" -> jump(code, register(n.get(0)), Integer.parseInt(operands.split("\\.")[1]));
      case "stp" -> code.saveVectors();
      case "ldp" -> code.restoreVectors();
      default -> other(code, name, operands, n);
    }
    return words(code);
  }

  private void other(ArmAssembler code, String name, String operands, List<Integer> n) {
    if (name.equals("add") && operands.startsWith("x")) {
      if (operands.contains("#")) {
        code.add(register(n.get(0)), n.get(2));
      } else {
        code.add(register(n.get(0)), register(n.get(2)));
      }
    } else if (name.equals("dup") && operands.contains("w")) {
      code.fillInts(n.get(0), register(n.get(1)));
    } else {
      boolean lane = operands.endsWith("]") && !name.equals("dup");
      String shape =
          lane
              ? "lane"
              : operands.startsWith("s") ? "s" : operands.replaceAll("v\\d+\\.(\\w+),.*", "$1");
      operation(code, name + " " + shape, n);
    }
  }

  private void operation(ArmAssembler code, String key, List<Integer> n) {
    NeonInstruction op = Objects.requireNonNull(OPERATIONS.get(key), key);
    seen.add(op);
    if (n.size() == 4) {
      code.lane(op, n.get(0), n.get(1), n.get(2), n.get(3));
    } else if (n.size() == 3 && op != DUP) {
      code.op(op, n.get(0), n.get(1), n.get(2));
    } else {
      code.op(op, n.get(0), n.get(1));
    }
  }

  private static void transfer(
      ArmAssembler code, String name, String operands, List<Integer> numbers) {
    int bytes = 4 << "sdq".indexOf(operands.charAt(0));
    int offset = numbers.size() == 3 ? numbers.get(2) : 0;
    if (name.equals("ldr")) {
      code.load(bytes, numbers.get(0), register(numbers.get(1)), offset);
    } else {
      code.store(bytes, numbers.get(0), register(numbers.get(1)), offset);
    }
  }

  /** A loop whose jump goes back by so many bytes. */
  private static void jump(ArmAssembler code, ArmRegister counter, int bytes) {
    int begin = code.here();
    for (int i = 0; i < -bytes / Integer.BYTES - 1; i++) {
      code.ret();
    }
    code.loop(counter, bytes == 0 ? begin + 1 : begin);
  }

  private static List<String> words(ArmAssembler code) {
    ByteBuffer bytes = ByteBuffer.wrap(code.code()).order(ByteOrder.LITTLE_ENDIAN);
    List<String> words = new ArrayList<>();
    while (bytes.hasRemaining()) {
      words.add("%08x".formatted(bytes.getInt()));
    }
    return words;
  }

  private static ArmRegister register(int number) {
    return ArmRegister.values()[number];
  }

  /** Of registers, lanes and immediates, in order. */
  private static List<Integer> numbers(String operands) {
    List<Integer> numbers = new ArrayList<>();
    Matcher matcher = NUMBER.matcher(operands);
    while (matcher.find()) {
      numbers.add(Integer.parseInt(matcher.group(1) == null ? matcher.group(2) : matcher.group(1)));
    }
    return numbers;
  }
}
