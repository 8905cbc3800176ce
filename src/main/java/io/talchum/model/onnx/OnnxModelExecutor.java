package io.talchum.model.onnx;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.KvFormat;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.core.ServeException;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.model.kernel.MatrixProducts;
import io.talchum.model.kernel.PanelWarmUp;
import io.talchum.model.onnx.adapter.AdapterWarmUp;
import io.talchum.model.onnx.adapter.BoundAdapter;
import io.talchum.model.onnx.adapter.OnnxAdapter;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.prepare.AdapterPreparation;
import io.talchum.model.onnx.step.EmbeddingLookup;
import io.talchum.model.onnx.step.StepArguments;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The decoder on ONNX Runtime's CPU provider. Knows what each slot holds; {@link CpuSteps} runs.
 */
public final class OnnxModelExecutor implements ModelExecutor {
  private final ModelSpec spec;
  private final ExecutorOptions options;
  private final ModelPackage weights;
  private final CpuSteps steps;
  private final AtomicBoolean adaptersAreWarmed = new AtomicBoolean();
  private final EmbeddingLookup embeddings;
  private final @Nullable BoundAdapter[] adapters; // [slots]
  private final int[] expectedTokens; // [slots]
  private final int[] virtualRead; // [slots]; virtual tokens whose keys and values are there

  private OnnxModelExecutor(ModelPackage weights, ExecutorOptions options) {
    this.weights = weights;
    this.options = options;
    this.spec = weights.manifest().spec();
    this.steps = new CpuSteps(weights, options);
    this.embeddings = new EmbeddingLookup(weights);
    this.adapters = new BoundAdapter[options.slots()];
    this.expectedTokens = new int[options.slots()];
    this.virtualRead = new int[options.slots()];
  }

  /**
   * Opens a model package; the base graph is ready when this returns. The package must stay open as
   * long as the executor.
   *
   * @throws ServeException INVALID_REQUEST if the options do not fit the model
   */
  public static OnnxModelExecutor open(ModelPackage weights, ExecutorOptions options) {
    int max = weights.manifest().spec().maxContextTokens();
    if (options.contextTokens() < 1 || options.contextTokens() > max) {
      throw ServeException.invalid(
          "context",
          "context %d is not in 1..%d, the positions that the model was trained for"
              .formatted(options.contextTokens(), max));
    }
    if (options.slots() < 1 || options.prefillTokens() < 1 || options.threads() < 1) {
      throw ServeException.invalid(
          "slots", "slots, prefill tokens and threads must be at least 1: " + options);
    }
    if (!options.kv().fit(weights.manifest().spec())) {
      throw ServeException.invalid("kv", "the scales of the KV cache are another model's");
    }
    OnnxModelExecutor executor = new OnnxModelExecutor(weights, options);
    SharedWeights.unload(weights);
    inBackground(executor.steps.products()::warmUp);
    return executor;
  }

  private static void inBackground(Runnable warmUp) {
    Thread.ofPlatform().name("talchum-warm-up").daemon().start(warmUp);
  }

  private static void warmUpAdapters() {
    PanelWarmUp.runForAdapters();
    AdapterWarmUp.run();
  }

  /** How quantized matrices are multiplied. */
  public MatrixProducts products() {
    return steps.products();
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public int slots() {
    return options.slots();
  }

  @Override
  public int maxContextTokens() {
    return options.contextTokens();
  }

  @Override
  public int maxPrefillTokens() {
    return options.prefillTokens();
  }

  /** Bytes of keys and values that one token takes in its slot. */
  public static long kvBytesPerToken(ModelSpec spec, KvFormat format) {
    return KvSlots.bytesPerToken(spec, format);
  }

  /** Bytes of the KV cache when all slots are full. */
  public long kvCapacityBytes() {
    return steps.kv().capacityBytes();
  }

  KvSlots kv() {
    return steps.kv();
  }

  @Override
  public ResidentAdapter prepare(AdapterWeights adapter) {
    if (!adaptersAreWarmed.getAndSet(true)) {
      inBackground(OnnxModelExecutor::warmUpAdapters);
    }
    return AdapterPreparation.run(weights, options.kv(), adapter);
  }

  @Override
  public boolean isReady(ResidentAdapter adapter) {
    return !adapter.needsExtendedGraph() || steps.hasExtendedGraph();
  }

  @Override
  public void makeReady(ResidentAdapter adapter) {
    if (adapter.needsExtendedGraph()) {
      steps.prepareExtendedGraph();
    }
  }

  @Override
  public void bind(int slot, @Nullable ResidentAdapter adapter) {
    expectedTokens[slot] = 0;
    if (adapter == null) {
      adapters[slot] = null;
      return;
    }
    if (!(adapter instanceof OnnxAdapter prepared)) {
      throw new IllegalArgumentException("not prepared by this executor: " + adapter);
    }
    makeReady(prepared);
    adapters[slot] = new BoundAdapter(prepared);
    virtualRead[slot] = 0;
    if (prepared.virtualTokens() > 0) {
      placeVirtualTokens(slot, prepared);
    }
  }

  /** Those that are known; a soft prompt that nobody has read yet is read piece by piece. */
  private void placeVirtualTokens(int slot, OnnxAdapter adapter) {
    int tokens = adapter.virtualTokens();
    if (tokens >= options.contextTokens()) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the adapter's %d virtual tokens leave no room in a context of %d"
              .formatted(tokens, options.contextTokens()));
    }
    MemorySegment known = adapter.virtualKv();
    if (known != null) {
      steps.kv().write(slot, 0, tokens, known);
      virtualRead[slot] = tokens;
    }
  }

  @Override
  public int virtualTokensLeft(int slot) {
    return virtualTokens(slot) - virtualRead[slot];
  }

  /** The keys and values depend on nothing after them: one run serves all requests. */
  @Override
  public void prefillVirtual(int slot, int mostTokens) {
    OnnxAdapter adapter = Objects.requireNonNull(adapters[slot]).adapter();
    placeVirtualTokens(slot, adapter);
    int count = Math.min(virtualTokensLeft(slot), Math.min(mostTokens, options.prefillTokens()));
    if (count > 0) {
      prefillVirtual(slot, adapter, count);
    }
    if (count > 0 && virtualTokensLeft(slot) == 0) {
      keepVirtualTokens(slot, adapter);
    }
  }

  private void prefillVirtual(int slot, OnnxAdapter adapter, int count) {
    MemorySegment prompt = Objects.requireNonNull(adapter.softPrompt());
    long width = (long) spec.hiddenSize() * Float.BYTES;
    int start = virtualRead[slot];
    MemorySegment.copy(prompt, start * width, steps.buffers().embeddings(), 0, count * width);
    int expected = expectedTokens[slot];
    expectedTokens[slot] = 0; // they are the same for prompts of any length
    try {
      StepLogits unused = run(slot, count, new int[] {start + count - 1}, 0, 0);
    } finally {
      expectedTokens[slot] = expected;
    }
    virtualRead[slot] += count;
  }

  private void keepVirtualTokens(int slot, OnnxAdapter adapter) {
    int tokens = adapter.virtualTokens();
    MemorySegment computed =
        adapter.allocateKv(tokens * KvSlots.bytesPerToken(spec, options.kv().format()));
    steps.kv().read(slot, 0, tokens, computed);
    adapter.keepVirtualKv(computed);
  }

  @Override
  public void expect(int slot, int[] promptTokenIds) {
    expectedTokens[slot] = virtualTokens(slot) + promptTokenIds.length;
    BoundAdapter bound = adapters[slot];
    if (bound != null) {
      bound.expect(promptTokenIds);
    }
  }

  @Override
  public int kvVariant(int slot) {
    return spec.attention().rope().isLong(expectedTokens[slot]) ? 1 : 0;
  }

  @Override
  public void release(int slot) {
    adapters[slot] = null;
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    BoundAdapter bound = adapters[from];
    steps.kv().copy(from, to, virtualTokens(from) + tokens);
    adapters[to] = bound == null ? null : bound.copy();
    virtualRead[to] = virtualRead[from];
    expectedTokens[to] = expectedTokens[from];
  }

  @Override
  public long kvBytesPerToken() {
    return KvSlots.bytesPerToken(spec, options.kv().format());
  }

  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {
    checkPosition(slot, start + tokens - 1);
    steps.kv().read(slot, checkPosition(slot, start), tokens, to);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    checkPosition(slot, start + tokens - 1);
    steps.kv().write(slot, checkPosition(slot, start), tokens, from);
  }

  private int virtualTokens(int slot) {
    BoundAdapter bound = adapters[slot];
    return bound == null ? 0 : bound.adapter().virtualTokens();
  }

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    int rows = StepArguments.rows(tokenIds, positions, options.slots());
    int[] last = new int[rows];
    for (int slot = 0; slot < rows; slot++) {
      last[slot] = checkPosition(slot, positions[slot]);
    }
    embed(0, rows, tokenIds);
    return run(0, rows, last, 0, 1);
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows) {
    int tokens = StepArguments.tokens(tokenIds, options.prefillTokens());
    checkPosition(slot, start);
    while (virtualTokensLeft(slot) > 0) {
      prefillVirtual(slot, options.prefillTokens());
    }
    int[] last = {checkPosition(slot, start + tokens - 1)};
    embed(slot, 1, tokenIds);
    return switch (rows) {
      case NONE -> run(slot, tokens, last, 0, 0);
      case LAST -> run(slot, tokens, last, tokens - 1, 1);
      case ALL -> run(slot, tokens, last, 0, tokens);
    };
  }

  private void embed(int slot, int rows, int[] tokenIds) {
    int tokens = tokenIds.length / rows;
    for (int i = 0; i < tokenIds.length; i++) {
      BoundAdapter bound = adapters[slot + i / tokens];
      embeddings.read(
          tokenIds[i],
          bound == null ? null : bound.adapter().embedding(),
          steps.buffers().embeddings(),
          i);
    }
  }

  /**
   * Runs the embeddings of rows from a slot on, of equally many tokens; logits for {@code count}
   * tokens of each from {@code first} on.
   *
   * @param lastPositions KV position of each row's last token
   */
  private StepLogits run(int slot, int tokenCount, int[] lastPositions, int first, int count) {
    int rows = lastPositions.length;
    int tokens = tokenCount / rows;
    if (RotaryTables.areReadByOwnNodes(spec)) {
      setRotaryPositions(slot, lastPositions, tokens);
    }
    @Nullable BoundAdapter[] bound = Arrays.copyOfRange(adapters, slot, slot + rows);
    return steps.run(new CpuSteps.Step(slot, bound, tokens, lastPositions, first, count));
  }

  /** Each token's row in {@link RotaryTables}. */
  private void setRotaryPositions(int slot, int[] lastPositions, int tokens) {
    RopeSpec rope = spec.attention().rope();
    for (int row = 0; row < lastPositions.length; row++) {
      int length = Math.max(expectedTokens[slot + row], lastPositions[row] + 1);
      int position = lastPositions[row] - tokens + 1;
      int first = RotaryTables.row(rope, length, position, options.contextTokens());
      steps.buffers().rotaryPositions(row * tokens, first, tokens);
    }
  }

  /** The KV position of a token of the slot's sequence. */
  private int checkPosition(int slot, int position) {
    int virtual = virtualTokens(slot);
    if (position < 0 || position + virtual >= options.contextTokens()) {
      throw new IllegalArgumentException(
          "position " + position + " is not in 0.." + (options.contextTokens() - virtual - 1));
    }
    return virtual + position;
  }

  @Override
  public void close() {
    steps.close();
  }
}
