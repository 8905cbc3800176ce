package io.talchum.model.kernel.integer;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CpuFeatures;
import java.io.IOException;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Writes every kernel for AArch64 with data to try it on and what the kernels of this x86-64 give,
 * one JSON object a line: for {@code src/test/recorders/arm_kernels.py}.
 */
final class ArmKernelDump {
  private static final int PANELS = 2;
  private static final int BLOCKS = 3;
  private static final HexFormat HEX = HexFormat.of();

  private ArmKernelDump() {}

  /** A kernel's format. */
  record Case(PanelFormat format, int digits, int tokens) {
    String name() {
      return "%d bits%s %s, blocks of %d, %d digits, %d tokens"
          .formatted(
              format.bits(),
              format.hasOffsets() ? " with offsets" : "",
              format.halves() ? "f16" : "f32",
              format.columns(),
              digits,
              tokens);
    }

    InputFormat inputs() {
      return new InputFormat(format.columns(), digits, tokens);
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int bits : new int[] {4, 8}) {
      for (boolean offsets : new boolean[] {false, true}) {
        for (boolean halves : new boolean[] {false, true}) {
          for (int columns : new int[] {16, 32}) {
            for (int digits = 1; digits <= 2; digits++) {
              for (int tokens : InstructionSet.NEON_DOT.groups()) {
                cases.add(
                    new Case(new PanelFormat(bits, offsets, halves, columns), digits, tokens));
              }
            }
          }
        }
      }
    }
    return cases;
  }

  public static void main(String[] args) throws IOException {
    JsonMapper json = new JsonMapper();
    try (Writer out = Files.newBufferedWriter(Path.of(args[0]))) {
      for (Case each : cases()) {
        try (Arena arena = Arena.ofConfined()) {
          out.write(describe(each, json, arena) + "\n");
        }
      }
    }
  }

  private static ObjectNode describe(Case of, JsonMapper json, Arena arena) {
    SplittableRandom random = new SplittableRandom(of.hashCode());
    PanelFormat format = of.format();
    int columns = BLOCKS * format.columns();
    int rows = PANELS * PanelFormat.ROWS;
    MatrixShape shape = new MatrixShape(rows, columns, format.bits(), format.columns());
    byte[] quants = new byte[rows * columns * format.bits() / Byte.SIZE];
    random.nextBytes(quants);
    MemorySegment factors = factors(format, rows * BLOCKS, random, arena);
    QuantizedWeights weights =
        new QuantizedWeights(
            shape,
            arena.allocateFrom(ValueLayout.JAVA_BYTE, quants),
            factors,
            format.hasOffsets()
                ? factors(format, rows * BLOCKS, random, arena)
                : MemorySegment.NULL);
    float[] x = new float[of.tokens() * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = i / format.columns() == 1 ? 0 : (float) random.nextGaussian();
    }
    MemorySegment input = arena.allocateFrom(ValueLayout.JAVA_FLOAT, x);
    MemorySegment y = arena.allocate((long) of.tokens() * rows * Float.BYTES, 64);
    InstructionSet set = InstructionSet.of(CpuFeatures.read()).orElseThrow();
    MatrixProduct product = new IntegerProducts(set, of.digits()).of(weights, arena);
    product.arrange(input, of.tokens(), MatrixProduct.UNKNOWN);
    product.multiply(0, PANELS, y.address());
    long bytes = (long) PANELS * BLOCKS * format.recordBytes();
    MemorySegment panels =
        MemorySegment.ofAddress(new IntegerMatrix(weights, format, arena).panelAt(0))
            .reinterpret(bytes);
    KernelWriter writer = InstructionSet.NEON_DOT.writer();
    return json.createObjectNode()
        .put("name", of.name())
        .put("tokens", of.tokens())
        .put("blocks", BLOCKS)
        .put("panels", PANELS)
        .put("columns", format.columns())
        .put("recordBytes", of.inputs().recordBytes())
        .put("scalesAt", of.inputs().scalesAt())
        .put("round", HEX.formatHex(writer.rounding(of.inputs())))
        .put("product", HEX.formatHex(writer.product(format, of.inputs())))
        .put("weights", HEX.formatHex(panels.toArray(ValueLayout.JAVA_BYTE)))
        .put("x", HEX.formatHex(input.toArray(ValueLayout.JAVA_BYTE)))
        .put("y", HEX.formatHex(y.toArray(ValueLayout.JAVA_BYTE)));
  }

  /** Halves, or floats that no half is. */
  private static MemorySegment factors(
      PanelFormat format, int count, SplittableRandom random, Arena arena) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (1 + random.nextInt(64)) * (format.halves() ? 0x1p-10f : 0.001f);
    }
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }
}
