package io.talchum.engine;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model whose logits are a hash of the bound adapter and of all KV cells before them; a cell is a
 * hash of the token, the position, the adapter that wrote it and whether the prompt is long. Any
 * mix-up of slots, positions, KV or adapters changes the output. Logits of the last step are spoilt
 * by the next one.
 */
class FakeModelExecutor implements ModelExecutor {
  static final int VOCAB = 23;

  private final int slots;
  private final int maxContextTokens;
  private final long[][] cells;
  private final long[] bound;
  private final @Nullable FakeAdapter[] inUse;
  private final int[] expected; // prompt tokens by slot
  private final MemorySegment memory;
  private int runFailures;
  private int bindFailures;
  private int releaseFailures;
  private @Nullable AssertionError violation;

  /** What failures throw. */
  Supplier<Throwable> fault = () -> new IllegalStateException("the fake was asked to fail");

  /**
   * Whether sequences may be longer than what was announced of them: completions that are given.
   */
  boolean takesGivenCompletions;

  /** Calls in the order in which they came, if recorded. */
  final List<String> calls = new ArrayList<>();

  boolean isRecording;
  int openResidents;
  int copies;
  int failedRuns;

  /** Sequences with longer prompts have other cells. */
  int shortTokens = Integer.MAX_VALUE;

  boolean failsCopies;

  FakeModelExecutor(int slots, int maxContextTokens) {
    this.slots = slots;
    this.maxContextTokens = maxContextTokens;
    this.cells = new long[slots][maxContextTokens];
    this.bound = new long[slots];
    this.inUse = new FakeAdapter[slots];
    this.expected = new int[slots];
    this.memory =
        Arena.ofAuto().allocate((long) Math.max(slots, maxContextTokens) * VOCAB * Float.BYTES);
  }

  /** An adapter whose whole content is this number. */
  final class FakeAdapter implements ResidentAdapter {
    final long content;
    boolean isOpen = true;
    boolean isCausal = true;
    int unreadTokens; // of its soft prompt

    FakeAdapter(long content) {
      this.content = content;
      openResidents++;
    }

    @Override
    public long residentBytes() {
      return Long.BYTES;
    }

    @Override
    public boolean isCausal() {
      return isCausal;
    }

    @Override
    public void close() {
      if (!isOpen || Arrays.asList(inUse).contains(this)) {
        throw violated("adapter " + content + " closed twice or in use");
      }
      isOpen = false;
      openResidents--;
    }
  }

  /** The next so many runs and copies throw. */
  void failNextRuns(int times) {
    runFailures = times;
  }

  /** The next so many releases throw, after they were made. */
  void failNextReleases(int times) {
    releaseFailures = times;
  }

  /** Fails if it was ever used in a wrong way; the engine survives even that. */
  void requireNoViolation() {
    if (violation != null) {
      throw violation;
    }
  }

  AssertionError violated(String what) {
    violation = new AssertionError(what);
    return violation;
  }

  /** Throws what is asked for. */
  private void fail() {
    throw FakeModelExecutor.<RuntimeException>sneaky(fault.get());
  }

  @SuppressWarnings("unchecked")
  static <T extends Throwable> T sneaky(Throwable e) throws T {
    throw (T) e;
  }

  /** The next so many binds throw. */
  void failNextBinds(int times) {
    bindFailures = times;
  }

  @Override
  public ModelSpec spec() {
    return new ModelSpec(
        "Fake",
        VOCAB,
        1,
        1,
        1,
        1,
        1,
        1,
        maxContextTokens,
        1e-5f,
        new RopeSpec(List.of(1.0), 1),
        Set.of(),
        true);
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public int maxContextTokens() {
    return maxContextTokens;
  }

  @Override
  public int maxPrefillTokens() {
    return 16;
  }

  @Override
  public ResidentAdapter prepare(AdapterWeights weights) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int virtualTokensLeft(int slot) {
    FakeAdapter adapter = inUse[slot];
    return adapter == null ? 0 : adapter.unreadTokens;
  }

  @Override
  public void prefillVirtual(int slot, int mostTokens) {
    FakeAdapter adapter = java.util.Objects.requireNonNull(inUse[slot]);
    record("virtual " + slot + " " + Math.min(mostTokens, adapter.unreadTokens));
    failIfAsked();
    adapter.unreadTokens -= Math.min(mostTokens, adapter.unreadTokens);
  }

  @Override
  public void bind(int slot, @Nullable ResidentAdapter adapter) {
    record("bind " + slot);
    if (bindFailures > 0) {
      bindFailures--;
      fail();
    }
    if (adapter instanceof FakeAdapter fake) {
      require(fake.isOpen, "bound a closed adapter");
      bound[slot] = fake.content;
      inUse[slot] = fake;
    } else {
      bound[slot] = 0;
      inUse[slot] = null;
    }
  }

  @Override
  public void release(int slot) {
    record("release " + slot);
    inUse[slot] = null;
    bound[slot] = -1;
    if (releaseFailures > 0) {
      releaseFailures--;
      fail();
    }
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    record("copy " + from + " " + to + " " + tokens);
    failIfAsked();
    require(from != to && tokens > 0, "copySlot " + from + " " + to + " " + tokens);
    copies++;
    System.arraycopy(cells[from], 0, cells[to], 0, tokens);
    bound[to] = bound[from];
    inUse[to] = inUse[from];
    expected[to] = expected[from];
  }

  @Override
  public long kvBytesPerToken() {
    return Long.BYTES;
  }

  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {
    record("read " + slot + " " + start + " " + tokens);
    failCopyIfAsked();
    MemorySegment.copy(cells[slot], start, to, ValueLayout.JAVA_LONG, 0, tokens);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    record("write " + slot + " " + start + " " + tokens);
    failCopyIfAsked();
    MemorySegment.copy(from, ValueLayout.JAVA_LONG, 0, cells[slot], start, tokens);
  }

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    record("decode " + tokenIds.length);
    int rows = tokenIds.length;
    require(rows > 0 && rows <= slots && positions.length == rows, "decode of " + rows + " rows");
    spoil();
    for (int slot = 0; slot < rows; slot++) {
      write(slot, positions[slot], tokenIds[slot]);
      logits(slot, positions[slot], slot);
    }
    failIfAsked(); // after the writes: a failed run may have changed the KV
    return StepLogits.of(rows, VOCAB, memory);
  }

  @Override
  public void expect(int slot, int[] promptTokenIds) {
    expected[slot] = promptTokenIds.length;
  }

  @Override
  public int kvVariant(int slot) {
    return expected[slot] > shortTokens ? 1 : 0;
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows wanted) {
    require(
        start + tokenIds.length <= expected[slot] || takesGivenCompletions,
        "prefill beyond the " + expected[slot] + " tokens that were announced");
    record("prefill " + slot + " " + start + " " + tokenIds.length + " " + wanted);
    require(
        tokenIds.length > 0 && tokenIds.length <= maxPrefillTokens(),
        "prefill of " + tokenIds.length);
    spoil();
    int rows = 0;
    for (int i = 0; i < tokenIds.length; i++) {
      write(slot, start + i, tokenIds[i]);
      boolean isLast = i == tokenIds.length - 1;
      if (wanted == LogitRows.ALL || (wanted == LogitRows.LAST && isLast)) {
        logits(slot, start + i, rows++);
      }
    }
    failIfAsked();
    return StepLogits.of(rows, VOCAB, memory);
  }

  @Override
  public void close() {}

  private void record(String call) {
    if (isRecording) {
      calls.add(call);
    }
  }

  private void failIfAsked() {
    if (runFailures > 0) {
      runFailures--;
      failedRuns++;
      fail();
    }
  }

  private void failCopyIfAsked() {
    if (failsCopies) {
      fail();
    }
  }

  private void spoil() {
    memory.fill((byte) 0xff); // NaN
  }

  private void write(int slot, int position, int tokenId) {
    require(position >= 0 && position < maxContextTokens, "position " + position);
    require(tokenId >= 0 && tokenId < VOCAB, "token " + tokenId);
    long writer = mix(bound[slot] + 1) + kvVariant(slot);
    cells[slot][position] = mix(writer + mix(position) * 31 + tokenId);
  }

  private void logits(int slot, int position, int row) {
    long hash = mix(bound[slot] + 1);
    for (int i = 0; i <= position; i++) {
      hash = mix(hash * 31 + cells[slot][i]);
    }
    for (int id = 0; id < VOCAB; id++) {
      float logit = (mix(hash + id) >>> 40) * 0x1p-24f * 8 - 4;
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * VOCAB + id, logit);
    }
  }

  private void require(boolean condition, String what) {
    if (!condition) {
      throw violated("the engine asked for " + what);
    }
  }

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
