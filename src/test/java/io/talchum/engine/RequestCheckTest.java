package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ContentHash;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import org.junit.jupiter.api.Test;

class RequestCheckTest {
  private final RequestCheck check = new RequestCheck(23, 64, 16);

  private record Fake(int virtualTokens, boolean isCausal)
      implements ResidentAdapter, AdapterLease {
    @Override
    public long residentBytes() {
      return 0;
    }

    @Override
    public AdapterId id() {
      return new AdapterId("fake", new ContentHash("0".repeat(64)));
    }

    @Override
    public ResidentAdapter resident() {
      return this;
    }

    @Override
    public void close() {}
  }

  private static GenerationRequest request(int promptTokens, Fake adapter) {
    return new GenerationRequest(
        "r",
        new int[promptTokens],
        adapter,
        SamplingParams.greedy(5),
        "key",
        null,
        new RecordingSink());
  }

  @Test
  void virtualTokensTakeRoomOfTheContext() {
    assertThatCode(() -> check.accept(request(53, new Fake(10, true)))).doesNotThrowAnyException();
    assertThatThrownBy(() -> check.accept(request(54, new Fake(10, true))))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("54 tokens")
        .hasMessageContaining("context of 64 with the adapter's 10");
  }

  @Test
  void gatesOverThePromptBoundIt() {
    assertThatCode(() -> check.accept(request(16, new Fake(0, false)))).doesNotThrowAnyException();
    assertThatThrownBy(() -> check.accept(request(17, new Fake(0, false))))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("17 tokens")
        .hasMessageContaining("can be 16 tokens long");
  }
}
