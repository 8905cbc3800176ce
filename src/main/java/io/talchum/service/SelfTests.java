package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.store.SelfTest;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs an adapter's self-test on the engine, once per content. Any thread. */
public final class SelfTests implements AdapterSelfTest {
  private final Engine engine;
  private final int vocabSize;
  private final SelfTestStore results;
  private final InstantSource clock;

  /** The base's logits for the last prompt: nearly all adapters have the same. */
  private volatile @Nullable Plain plain;

  private record Plain(int[] prompt, float[] logits) {}

  public SelfTests(Engine engine, int vocabSize, SelfTestStore results, InstantSource clock) {
    this.engine = engine;
    this.vocabSize = vocabSize;
    this.results = results;
    this.clock = clock;
  }

  @Override
  public void admit(AdapterId id, List<Part> parts) {
    Optional<SelfTest> known = results.find(id.version());
    SelfTest test = known.orElseGet(() -> run(parts));
    requirePassed(id, test);
    if (known.isEmpty()) {
      results.put(id.version(), test);
    }
  }

  @Override
  public void firstUse(AdapterId id, List<Part> parts) {
    Optional<SelfTest> known = results.find(id.version());
    SelfTest test = known.orElseGet(() -> run(parts));
    if (known.isEmpty()) {
      results.put(id.version(), test);
    }
    requirePassed(id, test);
  }

  private SelfTest run(List<Part> parts) {
    SelfTestRun.Forward forward =
        (adapter, prompt) -> adapter == null ? plain(prompt) : engine.probe(prompt, adapter, null);
    return new SelfTestRun(forward, vocabSize, clock).of(parts);
  }

  private float[] plain(int[] prompt) {
    Plain known = plain;
    if (known == null || !Arrays.equals(known.prompt(), prompt)) {
      known = new Plain(prompt, engine.probe(prompt, null, null));
      plain = known;
    }
    return known.logits();
  }

  static void requirePassed(AdapterId id, SelfTest test) {
    if (!test.passed()) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "adapter '%s' fails its self-test: %s; its numbers are too large for this base"
              .formatted(id.name(), test.failure()));
    }
  }
}
