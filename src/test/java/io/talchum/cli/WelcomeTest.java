package io.talchum.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WelcomeTest {
  @Test
  void saysWhatIsServedAndWhere() {
    assertThat(new Welcome(served(List.of("pirate", "terse"), false), "./talchum").text())
        .contains(
            "serves m at http://127.0.0.1:8000",
            "LlamaForCausalLM, 2.7 M parameters, linears int4, head int8, version 0123456789ab",
            "8 of 1024 tokens each",
            "adapters  pirate, terse",
            "weights 2.1 MB, KV cache 21 MB, prefix cache up to 16 MB, adapters up to 1.0 GB, "
                + "Java heap up to 1.1 GB, all else 268 MB; resident now 260 MB");
  }

  @Test
  void threeThingsToTryWhateverIsServed() {
    List<Welcome.Trial> without = new Welcome(served(List.of(), false), "./talchum").trials();
    List<Welcome.Trial> with = new Welcome(served(List.of("a", "b"), false), "./talchum").trials();
    assertThat(without).hasSize(3).allSatisfy(t -> assertThat(t.command()).startsWith("curl -s "));
    assertThat(without.get(1).command()).endsWith("/v1/models");
    assertThat(with).hasSize(3);
    assertThat(with.get(1).command()).contains("\"model\":\"a\"");
    assertThat(with.get(2).command()).contains("\"stream\":true");
  }

  @Test
  void withKeysEveryCommandSendsOne() {
    assertThat(new Welcome(served(List.of("a"), true), "./talchum").trials())
        .allSatisfy(
            t -> assertThat(t.command()).contains("-H \"Authorization: Bearer $TALCHUM_API_KEY\""));
  }

  @Test
  void manyAdaptersAreCounted() {
    List<String> names = IntStream.range(0, 15).mapToObj(i -> "a" + i).toList();
    assertThat(new Welcome(served(names, false), "./talchum").text())
        .contains("a10, a11 and 3 more");
  }

  private static ServedOverview served(List<String> adapters, boolean keyRequired) {
    return new ServedOverview(
        "http://127.0.0.1:8000",
        "m",
        "LlamaForCausalLM",
        2_742_336,
        "int4",
        "int8",
        "0123456789ab",
        "int16 (AVX-512 VNNI)",
        8,
        1024,
        adapters,
        new ServedOverview.Memory(
            2_100_000,
            21_000_000,
            16_000_000,
            1_000_000_000,
            1_100_000_000,
            268_000_000,
            260_000_000),
        keyRequired);
  }
}
