package io.talchum.model.kernel.code;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
  @Test
  void readsTheFlagsOfTheFirstProcessor() {
    List<String> cpuinfo =
        List.of(
            "processor\t: 0",
            "model name\t: Some: thing",
            "flags\t\t: fpu avx avx512_vnni",
            "vmx flags\t: vnmi",
            "",
            "processor\t: 1",
            "flags\t\t: fpu");
    CpuFeatures cpu = new CpuFeatures("amd64", CpuFeatures.flags(cpuinfo));
    assertThat(cpu.flags()).containsExactlyInAnyOrder("fpu", "avx", "avx512_vnni");
    assertThat(cpu.has("avx", "fpu")).isTrue();
    assertThat(cpu.has("avx", "avx2")).isFalse();
  }

  @Test
  void readsThoseOfArm() {
    assertThat(CpuFeatures.flags(List.of("Features\t: fp asimd asimddp")))
        .containsExactlyInAnyOrder("fp", "asimd", "asimddp");
  }

  @Test
  void hasNoneWhereNoneAreListed() {
    assertThat(CpuFeatures.flags(List.of("processor : 0"))).isEmpty();
  }
}
