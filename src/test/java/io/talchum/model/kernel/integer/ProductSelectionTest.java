package io.talchum.model.kernel.integer;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ProductPrecision;
import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.QuantizedWeights;
import io.talchum.model.kernel.code.CodeInstaller;
import io.talchum.model.kernel.code.CodeRefusedException;
import io.talchum.model.kernel.code.CpuFeatures;
import io.talchum.model.kernel.code.MachineCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is chosen on which machine, and what happens where it does not work. */
class ProductSelectionTest {
  private static final String AVX2 = "avx avx2 fma f16c";
  private static final String AVX512 = AVX2 + " avx512f avx512bw avx512vl";

  @ParameterizedTest
  @CsvSource({
    "'', AUTO, exact: its kernels need AVX2 on Linux and x86-64",
    "avx avx2, INT16, exact: its kernels need AVX2 on Linux and x86-64",
    AVX2 + ", AUTO, int16 (AVX2)",
    AVX2 + " avx_vnni, INT16, int16 (AVX2 VNNI)",
    AVX512 + ", INT8, int8 (AVX-512)",
    AVX512 + " avx_vnni, INT16, int16 (AVX2 VNNI)",
    AVX512 + " avx512_vnni avx_vnni, AUTO, int16 (AVX-512 VNNI)",
    AVX512 + " avx512_vnni, EXACT, exact"
  })
  void takesTheFastestInstructions(String flags, ProductPrecision wanted, String label) {
    CpuFeatures cpu = new CpuFeatures("amd64", Set.copyOf(List.of(flags.split(" "))));
    assertThat(ProductSelection.choose(wanted, cpu).label()).isEqualTo(label);
  }

  @Test
  void othersMultiplyExactly() {
    CpuFeatures arm = new CpuFeatures("aarch64", new HashSet<>(List.of(AVX512.split(" "))));
    assertThat(ProductSelection.choose(ProductPrecision.AUTO, arm).label()).startsWith("exact: ");
  }

  /** They have run in an emulator only. */
  @Test
  void kernelsForAArch64AreTakenOnlyIfAskedFor() {
    CpuFeatures arm = new CpuFeatures("aarch64", Set.of("asimd", "asimddp"));
    assertThat(ProductSelection.choose(ProductPrecision.AUTO, arm).label()).startsWith("exact: ");
    assertThat(ProductSelection.choose(ProductPrecision.INT16, arm).label())
        .isEqualTo("int16 (NEON DOT)");
  }

  @Test
  void multipliesExactlyWhereTheSystemGivesNoMemoryForCode() {
    assertExact(
        code -> {
          throw new CodeRefusedException("mprotect", 13);
        },
        "exact: mprotect refuses executable memory (errno 13)");
  }

  /** The mask of nibbles loses a bit, as if an instruction did something else than it should. */
  @Test
  void multipliesExactlyWhereTheSelfTestFails() {
    assertExact(
        code -> {
          byte[] wrong = code.clone();
          for (int i = 0; i + 4 <= wrong.length; i++) {
            if (Arrays.equals(Arrays.copyOfRange(wrong, i, i + 4), new byte[] {15, 15, 15, 15})) {
              Arrays.fill(wrong, i, i + 4, (byte) 7);
            }
          }
          return MachineCode.install(wrong);
        },
        "exact: the self-test of its kernels gave ");
  }

  /**
   * What one matrix rounds is not taken for what another, which is multiplied exactly, was given.
   */
  @Test
  void roundsAnewAfterAMatrixThatIsMultipliedExactly() {
    InstructionSet set = InstructionSet.of(CpuFeatures.read()).orElseThrow();
    AtomicBoolean refuses = new AtomicBoolean();
    IntegerProducts products =
        new IntegerProducts(
            set,
            2,
            code -> {
              if (refuses.get()) {
                throw new CodeRefusedException("mprotect", 13);
              }
              return MachineCode.install(code);
            });
    try (Arena arena = Arena.ofConfined()) {
      QuantizedWeights weights =
          new KernelSelfTest(new PanelFormat(4, false, true, 32), 2).weights(arena);
      MatrixProduct rounded = products.of(weights, arena);
      refuses.set(true);
      MatrixProduct exact =
          products.of(
              new KernelSelfTest(new PanelFormat(8, false, true, 32), 2).weights(arena), arena);
      assertThat(products.label()).contains("in part exact: ");
      float[] first = multiply(rounded, weights, 0.1f, 1, arena);
      multiply(exact, weights, 0.2f, 2, arena);
      float[] doubled = multiply(rounded, weights, 0.2f, 2, arena);
      for (int row = 0; row < first.length; row++) {
        assertThat(doubled[row]).isEqualTo(2 * first[row]);
      }
    }
  }

  /** With an x whose numbers are all the same. */
  private static float[] multiply(
      MatrixProduct product, QuantizedWeights weights, float value, long content, Arena arena) {
    float[] x = new float[weights.shape().columns()];
    Arrays.fill(x, value);
    MemorySegment y = arena.allocate((long) weights.shape().rows() * Float.BYTES, 64);
    product.arrange(arena.allocateFrom(ValueLayout.JAVA_FLOAT, x), 1, content);
    product.multiply(0, product.panels(), y.address());
    return y.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static void assertExact(CodeInstaller installer, String label) {
    InstructionSet set = InstructionSet.of(CpuFeatures.read()).orElseThrow();
    IntegerProducts products = new IntegerProducts(set, 2, installer);
    try (Arena arena = Arena.ofConfined()) {
      PanelFormat format = new PanelFormat(4, false, true, 32);
      QuantizedWeights weights = new KernelSelfTest(format, 2).weights(arena);
      MatrixProduct product = products.of(weights, arena);
      assertThat(products.label()).startsWith(label);
      float[] y = multiply(product, weights, 0.1f, MatrixProduct.UNKNOWN, arena);
      for (int row = 0; row < weights.shape().rows(); row++) {
        double expected = 0;
        for (int column = 0; column < weights.shape().columns(); column++) {
          expected += ScalarProduct.weight(weights, row, column) * 0.1f;
        }
        assertThat((double) y[row])
            .isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-5));
      }
    }
  }
}
