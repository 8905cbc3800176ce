package io.talchum.api;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A model that says letters: which one depends on the last token, the position and the adapter. Its
 * spec is that of the adapter fixtures' base. A step takes half a millisecond, so that a long
 * answer can be interrupted.
 */
final class LetterExecutor implements ModelExecutor {
  private static final ModelSpec SPEC =
      new ModelSpec(
          "LlamaForCausalLM",
          256,
          64,
          3,
          4,
          2,
          16,
          160,
          512,
          1e-6f,
          new RopeSpec(List.of(1.0, 0.31622776, 0.1, 0.031622776), 1.0),
          Set.of(),
          true);

  /** A prompt that begins with this token breaks the model. */
  static final int POISON = 1;

  /** A prompt that begins with this token makes each later step take 20 milliseconds. */
  static final int SLOW = 2;

  private volatile long stepNanos = 2_000_000; // a stream outlives what its client does meanwhile
  private final StepGate gate;
  private final int contextTokens;
  private final long[] bound;
  private final MemorySegment memory;

  LetterExecutor(int slots, int contextTokens, StepGate gate) {
    this.gate = gate;
    this.contextTokens = contextTokens;
    this.bound = new long[slots];
    this.memory =
        Arena.ofAuto()
            .allocate((long) Math.max(slots, contextTokens) * SPEC.vocabSize() * Float.BYTES);
  }

  private record Resident(long content) implements ResidentAdapter {
    @Override
    public long residentBytes() {
      return Long.BYTES;
    }

    @Override
    public void close() {}
  }

  @Override
  public ModelSpec spec() {
    return SPEC;
  }

  @Override
  public int slots() {
    return bound.length;
  }

  @Override
  public int maxContextTokens() {
    return contextTokens;
  }

  @Override
  public int maxPrefillTokens() {
    return contextTokens;
  }

  @Override
  public ResidentAdapter prepare(AdapterWeights weights) {
    long content = 1;
    for (LowRankDelta delta : weights.lowRank()) {
      content =
          content * 31
              + Arrays.hashCode(delta.a().toArray()) * 17L
              + Arrays.hashCode(delta.b().toArray());
      content = content * 31 + Float.hashCode(delta.scale());
    }
    return new Resident(content);
  }

  @Override
  public void bind(int slot, @Nullable ResidentAdapter adapter) {
    bound[slot] = adapter instanceof Resident resident ? resident.content() : 0;
  }

  @Override
  public void release(int slot) {
    bound[slot] = 0;
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    bound[to] = bound[from];
  }

  @Override
  public long kvBytesPerToken() {
    return Long.BYTES;
  }

  /** There is none: a letter depends on the token before it alone. */
  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {}

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {}

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    gate.pass();
    LockSupport.parkNanos(stepNanos);
    for (int row = 0; row < tokenIds.length; row++) {
      write(row, tokenIds[row], positions[row], bound[row]);
    }
    return StepLogits.of(tokenIds.length, SPEC.vocabSize(), memory);
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows) {
    if (tokenIds[0] == POISON) {
      throw new IllegalStateException("poisoned");
    }
    if (tokenIds[0] == SLOW) {
      stepNanos = 20_000_000;
    }
    int from =
        switch (rows) {
          case NONE -> tokenIds.length;
          case LAST -> tokenIds.length - 1;
          case ALL -> 0;
        };
    for (int i = from; i < tokenIds.length; i++) {
      write(i - from, tokenIds[i], start + i, bound[slot]);
    }
    return StepLogits.of(tokenIds.length - from, SPEC.vocabSize(), memory);
  }

  @Override
  public void close() {}

  private void write(int row, int token, int position, long adapter) {
    long hash = (token * 31L + position + adapter) * 0x9E3779B97F4A7C15L;
    int best = 'a' + (int) Math.floorMod(hash >> 32, 26L);
    for (int id = 0; id < SPEC.vocabSize(); id++) {
      float logit = id == best ? 4f : id >= 'a' && id <= 'z' ? (id * 7 % 13) * 0.1f : -8f;
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * SPEC.vocabSize() + id, logit);
    }
  }
}
