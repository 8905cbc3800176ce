package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.code.CpuFeatures;
import io.talchum.model.kernel.code.Width;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The instructions that kernels are written in, the fastest first. */
public enum InstructionSet {
  AVX512_VNNI(Width.EVEX_512, true, "avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
  AVX2_VNNI(Width.VEX_256, true, "avx_vnni"),
  AVX512(Width.EVEX_512, false, "avx512f", "avx512bw", "avx512vl"),
  AVX2(Width.VEX_256, false);

  private static final String[] ALWAYS = {"avx", "avx2", "fma", "f16c"};

  private final Width width;
  private final boolean dotProduct;
  private final List<String> flags;

  InstructionSet(Width width, boolean dotProduct, String... flags) {
    this.width = width;
    this.dotProduct = dotProduct;
    this.flags = List.of(flags);
  }

  /** The fastest that the processor has. */
  public static Optional<InstructionSet> of(CpuFeatures cpu) {
    return Arrays.stream(values()).filter(set -> set.runsOn(cpu)).findFirst();
  }

  /** Whether the processor has all that the kernels use. */
  public boolean runsOn(CpuFeatures cpu) {
    return cpu.architecture().equals("amd64")
        && cpu.has(ALWAYS)
        && cpu.has(flags.toArray(String[]::new));
  }

  /** For people, for example AVX-512 VNNI. */
  String label() {
    return name().replace("AVX512", "AVX-512").replace('_', ' ');
  }

  /** Of the product's vectors. */
  Width width() {
    return width;
  }

  /** Whether VPDPBUSD is there: four products of bytes, summed in 32 bits. */
  boolean hasDotProduct() {
    return dotProduct;
  }

  /**
   * Vectors of rows that a kernel for so many tokens computes side by side: two, where the
   * registers suffice for their sums. Few tokens wait for the weights' way from memory, and two
   * vectors keep more of it under way at once.
   */
  int vectors(int tokens) {
    return width == Width.EVEX_512 && tokens <= 4 ? 2 : 1;
  }

  /** The sizes of groups of tokens that there are kernels for. */
  int[] groups() {
    return IntStream.concat(IntStream.rangeClosed(1, fewTokens()), IntStream.of(manyTokens()))
        .distinct()
        .toArray();
  }

  /** The most tokens of a kernel for few of them. */
  int fewTokens() {
    return width == Width.EVEX_512 ? 4 : 3;
  }

  /** The tokens of a kernel for many of them. */
  int manyTokens() {
    return width == Width.EVEX_512 ? 8 : 3;
  }
}
