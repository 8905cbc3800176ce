package io.talchum.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.store.SelfTest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelfTestRunTest {
  private static final int VOCAB = 100;
  private static final float[] PLAIN = {3, 0, 4};

  private final List<int[]> prompts = new ArrayList<>();

  private record Fixed(float... logits) implements ResidentAdapter {
    @Override
    public long residentBytes() {
      return 0;
    }

    @Override
    public void close() {}
  }

  private SelfTest run(AdapterSelfTest.Part... parts) {
    SelfTestRun.Forward forward =
        (adapter, prompt) -> {
          prompts.add(prompt);
          return adapter instanceof Fixed fixed ? fixed.logits() : PLAIN;
        };
    return new SelfTestRun(forward, VOCAB, InstantSource.fixed(Instant.EPOCH)).of(List.of(parts));
  }

  private static AdapterSelfTest.Part part(float... logits) {
    return new AdapterSelfTest.Part(new Fixed(logits), new int[0]);
  }

  @Test
  void tellsTheLengthOfTheChange() {
    SelfTest test = run(part(3, 6, -4));
    assertThat(test.passed()).isTrue();
    assertThat(test.change()).isCloseTo(10, within(1e-9));
    assertThat(test.base()).isCloseTo(5, within(1e-9));
    assertThat(test.largest()).isEqualTo(8);
  }

  @Test
  void namesWhatIsNotFinite() {
    SelfTest test = run(part(3, Float.NaN, Float.NEGATIVE_INFINITY));
    assertThat(test.passed()).isFalse();
    assertThat(test.failure())
        .isEqualTo("the logits of 2 of 3 tokens are not finite, first that of token 1 (NaN)");
    assertThat(List.of(test.change(), test.largest())).containsOnly(0.0);
  }

  @Test
  void triesEveryTaskUntilOneFails() {
    assertThat(run(part(3, 1, 4), part(3, 2, 4), part(3, 0, 4)).change()).isEqualTo(2);
    prompts.clear();
    assertThat(run(part(3, 9, 4), part(Float.NaN, 0, 0), part(3, 0, 4)).passed()).isFalse();
    assertThat(prompts).hasSize(4);
  }

  @Test
  void thePromptHoldsWhatTheAdapterIsAbout() {
    SelfTest unused = run(new AdapterSelfTest.Part(new Fixed(PLAIN), new int[] {97, 98}));
    assertThat(prompts)
        .allSatisfy(
            prompt -> {
              assertThat(prompt).endsWith(97, 98).hasSizeLessThan(32);
              assertThat(java.util.Arrays.stream(prompt)).allMatch(id -> id >= 0 && id < VOCAB);
            });
  }
}
