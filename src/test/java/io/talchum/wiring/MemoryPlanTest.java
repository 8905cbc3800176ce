package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.KvFormat;
import org.junit.jupiter.api.Test;

class MemoryPlanTest {
  private static final long GIGABYTE = 1_000_000_000;

  private static MemoryPlan plan(int slots, int contextTokens, long machineBytes) {
    return new MemoryPlan(
        slots,
        contextTokens,
        KvFormat.FP32,
        24_576,
        0,
        400_000_000,
        50_000_000,
        50_000_000,
        machineBytes);
  }

  @Test
  void tellsWhatItTakes() {
    assertThat(plan(8, 4096, 8 * GIGABYTE).text())
        .isEqualTo(
            "memory: KV cache 0.81 GB in fp32 (8 slots of 4096 tokens, 24576 bytes a token), prefix"
                + " cache off, weights 0.40 GB, adapters up to 0.05 GB, Java heap up to 0.05 GB,"
                + " 0.27 GB for all else, together 1.57 GB; the machine has 8.00 GB");
    assertThatCode(plan(8, 4096, 8 * GIGABYTE)::check).doesNotThrowAnyException();
  }

  @Test
  void refusesWithWhatWouldFit() {
    assertThatThrownBy(plan(8, 131_072, 8 * GIGABYTE)::check)
        .hasMessageContaining("KV cache 25.77 GB in fp32 (8 slots of 131072 tokens")
        .hasMessageContaining("the machine has 8.00 GB, where 294253 tokens fit")
        .hasMessageContaining("talchum.context (--context) to 36781")
        .hasMessageContaining("talchum.slots (--slots) to 2");
    assertThatCode(plan(8, 36_781, 8 * GIGABYTE)::check).doesNotThrowAnyException();
    assertThatCode(plan(2, 131_072, 8 * GIGABYTE)::check).doesNotThrowAnyException();
  }

  @Test
  void oneSlotThatDoesNotFitNeedsAShorterContextToo() {
    assertThatThrownBy(plan(4, 131_072, 2 * GIGABYTE)::check)
        .hasMessageContaining("(--slots) to 1 with talchum.context 50112");
    assertThatThrownBy(plan(4, 131_072, 750_000_000)::check)
        .hasMessageContaining("nothing is left for the KV cache: lower talchum.adapter-memory");
  }

  @Test
  void saysWhetherInt8WouldFit() {
    assertThatThrownBy(plan(8, 131_072, 8 * GIGABYTE)::check)
        .hasMessageContaining("; in int8 (--kv int8) it takes 6.44 GB, which fits");
    assertThatThrownBy(plan(8, 131_072, 2 * GIGABYTE)::check).message().doesNotContain("int8");
  }

  @Test
  void thePrefixCacheIsAsLargeAsTheKvCacheOrAQuarterOfTheRest() {
    assertThat(plan(8, 4096, 64 * GIGABYTE).withPrefixCache("auto").prefixCacheBytes())
        .isEqualTo(8 * 4096 * 24_576L);
    assertThat(plan(8, 4096, 3 * GIGABYTE).withPrefixCache("auto").prefixCacheBytes())
        .isBetween(355_000_000L, 357_000_000L);
    assertThat(plan(8, 4096, GIGABYTE).withPrefixCache("auto").prefixCacheBytes()).isZero();
    assertThat(plan(8, 4096, 64 * GIGABYTE).withPrefixCache("off").prefixCacheBytes()).isZero();
    assertThat(plan(8, 4096, 64 * GIGABYTE).withPrefixCache("2G").text())
        .contains("prefix cache up to 2.15 GB, weights");
  }

  @Test
  void refusesAPrefixCacheThatDoesNotFit() {
    assertThatThrownBy(plan(8, 4096, 3 * GIGABYTE).withPrefixCache("2G")::check)
        .hasMessageContaining("where 1.43 GB are left for the prefix cache: lower");
    assertThatCode(plan(8, 4096, 3 * GIGABYTE).withPrefixCache("1G")::check)
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> plan(8, 4096, GIGABYTE).withPrefixCache("1K"))
        .hasMessageContaining("1K, less than one block of 786432 bytes");
    assertThatThrownBy(() -> plan(8, 4096, GIGABYTE).withPrefixCache("much"))
        .hasMessageContaining("is \"much\"; it must be off, auto or a size such as 512M");
    assertThatThrownBy(() -> plan(8, 4096, GIGABYTE).withPrefixCache("-5M"))
        .hasMessageContaining("must be off, auto or a size");
  }

  @Test
  void adaptersAndTheHeapCount() {
    MemoryPlan plan =
        new MemoryPlan(
            8, 4096, KvFormat.FP32, 24_576, 0, 400_000_000, GIGABYTE, GIGABYTE, 4 * GIGABYTE);
    assertThatCode(plan::check).doesNotThrowAnyException();
    MemoryPlan more =
        new MemoryPlan(
            8, 4096, KvFormat.FP32, 24_576, 0, 400_000_000, 2 * GIGABYTE, GIGABYTE, 4 * GIGABYTE);
    assertThatThrownBy(more::check)
        .hasMessageContaining("adapters up to 2.00 GB, Java heap up to 1.00 GB")
        .hasMessageContaining("together 4.47 GB; the machine has 4.00 GB")
        .hasMessageContaining("talchum.adapter-memory and the heap (TALCHUM_HEAP) can be lowered");
  }

  @Test
  void knowsItsMachine() {
    assertThat(MemoryPlan.machine()).isGreaterThan(MemoryPlan.RESERVED_BYTES);
  }
}
