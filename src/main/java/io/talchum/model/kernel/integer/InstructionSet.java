package io.talchum.model.kernel.integer;

import io.talchum.model.kernel.code.CpuFeatures;
import io.talchum.model.kernel.code.Width;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The instructions that kernels are written in, the fastest of an architecture first. */
public enum InstructionSet {
  AVX512_VNNI(
      new X86Kernels(Width.EVEX_512, true), "avx512f", "avx512bw", "avx512vl", "avx512_vnni"),
  AVX2_VNNI(new X86Kernels(Width.VEX_256, true), "avx_vnni"),
  AVX512(new X86Kernels(Width.EVEX_512, false), "avx512f", "avx512bw", "avx512vl"),
  AVX2(new X86Kernels(Width.VEX_256, false)),
  /** AArch64 with dot products; so far it ran in an emulator only. */
  NEON_DOT(new ArmKernels(), "asimd", "asimddp");

  private static final String[] X86_ALWAYS = {"avx", "avx2", "fma", "f16c"};

  private final KernelWriter writer;
  private final List<String> flags;

  InstructionSet(KernelWriter writer, String... flags) {
    this.writer = writer;
    this.flags = List.of(flags);
  }

  /** The fastest that the processor has. */
  public static Optional<InstructionSet> of(CpuFeatures cpu) {
    return Arrays.stream(values()).filter(set -> set.runsOn(cpu)).findFirst();
  }

  /** Whether the processor has all that the kernels use. */
  public boolean runsOn(CpuFeatures cpu) {
    boolean basics =
        isX86()
            ? cpu.architecture().equals("amd64") && cpu.has(X86_ALWAYS)
            : cpu.architecture().equals("aarch64");
    return basics && cpu.has(flags.toArray(String[]::new));
  }

  /** Whether it is x86-64, and AArch64 otherwise. */
  boolean isX86() {
    return this != NEON_DOT;
  }

  /** For people, for example AVX-512 VNNI. */
  String label() {
    return name().replace("AVX512", "AVX-512").replace('_', ' ');
  }

  KernelWriter writer() {
    return writer;
  }

  /** The sizes of groups of tokens that there are kernels for. */
  int[] groups() {
    return IntStream.concat(IntStream.rangeClosed(1, fewTokens()), IntStream.of(manyTokens()))
        .distinct()
        .toArray();
  }

  /** The most tokens of a kernel for few of them. */
  int fewTokens() {
    return writer.fewTokens();
  }

  /** The tokens of a kernel for many of them. */
  int manyTokens() {
    return writer.manyTokens();
  }
}
