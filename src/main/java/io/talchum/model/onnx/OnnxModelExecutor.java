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
import io.talchum.model.kernel.PanelWarmUp;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The decoder on ONNX Runtime's CPU provider: one session, its linears computed by {@link
 * LinearKernel}.
 */
public final class OnnxModelExecutor implements ModelExecutor {
  private final ModelSpec spec;
  private final ExecutorOptions options;
  private final ModelPackage weights;
  private final OrtSessions runtime;
  private final OrtTensors tensors;
  private final Arena arena = Arena.ofShared();
  private final SharedWeights shared;
  private final KvSlots kv;
  private final StepBuffers buffers;
  private final EmbeddingLookup embeddings;
  private final LinearKernel linears;
  private final @Nullable BoundAdapter[] adapters; // [slots]
  private final int[] expectedTokens; // [slots]
  private final HookKernel hooks;
  private final MemorySegment operators;
  private final MemorySegment session;
  private @Nullable MemorySegment hookedSession;
  private final Map<BindingKey, StepBinding> bindings = new HashMap<>();

  private record BindingKey(boolean hooked, int first, int rows) {}

  private OnnxModelExecutor(ModelPackage weights, ExecutorOptions options) {
    this.weights = weights;
    this.options = options;
    this.spec = weights.manifest().spec();
    OrtLibrary library = new OrtLibrary();
    this.runtime = new OrtSessions(library, options.threads(), options.spin());
    this.tensors = new OrtTensors(library);
    this.shared = new SharedWeights(runtime, tensors, weights);
    shareRotaryTables();
    shareKvScales();
    this.kv = new KvSlots(tensors, arena, spec, options);
    this.buffers = new StepBuffers(tensors, arena, spec, options.slots(), options.prefillTokens());
    this.embeddings = new EmbeddingLookup(weights);
    this.adapters = new BoundAdapter[options.slots()];
    this.expectedTokens = new int[options.slots()];
    OrtKernels kernels = new OrtKernels(library);
    this.linears = new LinearKernel(kernels, arena, weights, options.threads());
    this.hooks = new HookKernel(kernels, arena, weights, kv);
    List<CustomOperator> own = new ArrayList<>(linears.operators());
    own.add(hooks.operator());
    this.operators = kernels.createDomain(arena, OnnxGraph.TALCHUM, own);
    this.session = shared.createSession(DecoderGraph.build(weights, options), operators);
  }

  private void shareRotaryTables() {
    new RotaryTables(arena, spec.attention(), options.contextTokens())
        .tables()
        .forEach(
            (name, table) ->
                shared.share(name, table.data(), ElementType.FLOAT, table.rows(), table.pairs()));
  }

  private void shareKvScales() {
    KvScales scales = options.kv();
    for (int layer = 0; layer < scales.keys().size(); layer++) {
      shareScale(DecoderGraph.keyScale(layer), scales.keys().get(layer));
      shareScale(DecoderGraph.valueScale(layer), scales.values().get(layer));
    }
  }

  private void shareScale(String name, float[] scales) {
    shared.share(
        name,
        arena.allocateFrom(ValueLayout.JAVA_FLOAT, scales),
        ElementType.FLOAT,
        DecoderGraph.scaleShape(spec));
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
    Thread.ofPlatform().name("talchum-warm-up").daemon().start(OnnxModelExecutor::warmUp);
    return executor;
  }

  private static void warmUp() {
    PanelWarmUp.run();
    AdapterWarmUp.run();
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
    return kv.capacityBytes();
  }

  KvSlots kv() {
    return kv;
  }

  @Override
  public ResidentAdapter prepare(AdapterWeights adapter) {
    return AdapterPreparation.run(weights, options.kv(), adapter);
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
    if (prepared.needsHooks() && hookedSession == null) {
      hookedSession = shared.createSession(DecoderGraph.buildHooked(weights, options), operators);
    }
    adapters[slot] = new BoundAdapter(prepared);
    if (prepared.virtualTokens() > 0) {
      placeVirtualTokens(slot, prepared);
    }
  }

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
      kv.write(slot, 0, tokens, known);
    } else {
      prefillSoftPrompt(slot, adapter);
      MemorySegment computed =
          adapter.allocateKv(tokens * KvSlots.bytesPerToken(spec, options.kv().format()));
      kv.read(slot, 0, tokens, computed);
      adapter.keepVirtualKv(computed);
    }
  }

  /** The keys and values depend on nothing after them: one run serves all requests. */
  private void prefillSoftPrompt(int slot, OnnxAdapter adapter) {
    MemorySegment prompt = Objects.requireNonNull(adapter.softPrompt());
    long width = (long) spec.hiddenSize() * Float.BYTES;
    int tokens = adapter.virtualTokens();
    for (int start = 0; start < tokens; start += options.prefillTokens()) {
      int count = Math.min(options.prefillTokens(), tokens - start);
      MemorySegment.copy(prompt, start * width, buffers.embeddings(), 0, count * width);
      run(slot, count, new int[] {start + count - 1}, 0, 0);
    }
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
    kv.copy(from, to, virtualTokens(from) + tokens);
    adapters[to] = bound == null ? null : bound.copy();
    expectedTokens[to] = expectedTokens[from];
  }

  @Override
  public long kvBytesPerToken() {
    return KvSlots.bytesPerToken(spec, options.kv().format());
  }

  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {
    checkPosition(slot, start + tokens - 1);
    kv.read(slot, checkPosition(slot, start), tokens, to);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    checkPosition(slot, start + tokens - 1);
    kv.write(slot, checkPosition(slot, start), tokens, from);
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
      embeddings.read(tokenIds[i], adapters[slot + i / tokens], buffers.embeddings(), i);
    }
  }

  /**
   * Runs the embeddings of rows from a slot on, of equally many tokens; logits for {@code count}
   * tokens of each from {@code first} on.
   *
   * @param lastPositions KV position of each row's last token
   */
  private StepLogits run(int slot, int tokenCount, int[] lastPositions, int first, int count) {
    buffers.lengths(lastPositions);
    int rows = lastPositions.length;
    @Nullable BoundAdapter[] bound = Arrays.copyOfRange(adapters, slot, slot + rows);
    boolean hooked =
        Arrays.stream(bound).anyMatch(row -> row != null && row.adapter().needsHooks());
    StepBinding step = binding(new BindingKey(hooked, slot, rows));
    int tokens = tokenCount / rows;
    linears.prepare(rows, tokens, count);
    int[] firstPositions = new int[rows];
    Arrays.setAll(firstPositions, row -> lastPositions[row] - tokens + 1);
    linears.adapters().prepare(bound, firstPositions, first);
    if (hooked) {
      hooks.prepare(
          bound, new HookKernel.Step(slot, firstPositions, tokens, count, buffers.embeddings()));
    }
    step.input(DecoderGraph.EMBEDDINGS, buffers.embeddings(rows, tokens));
    if (RotaryTables.areReadByOwnNodes(spec)) {
      step.input(DecoderGraph.ROTARY_POSITIONS, rotaryPositions(slot, lastPositions, tokens));
    }
    step.input(DecoderGraph.LOGIT_POSITIONS, buffers.logitPositions(first, count));
    step.output(DecoderGraph.LOGITS, buffers.logits(rows, count));
    step.run();
    linears.checkRun();
    hooks.checkRun();
    return StepLogits.of(rows * count, spec.vocabSize(), buffers.logits());
  }

  /** Each token's row in {@link RotaryTables}. */
  private MemorySegment rotaryPositions(int slot, int[] lastPositions, int tokens) {
    RopeSpec rope = spec.attention().rope();
    for (int row = 0; row < lastPositions.length; row++) {
      int length = Math.max(expectedTokens[slot + row], lastPositions[row] + 1);
      int position = lastPositions[row] - tokens + 1;
      int first = RotaryTables.row(rope, length, position, options.contextTokens());
      buffers.rotaryPositions(row * tokens, first, tokens);
    }
    return buffers.rotaryPositions(lastPositions.length, tokens);
  }

  private StepBinding binding(BindingKey key) {
    return bindings.computeIfAbsent(key, this::newBinding);
  }

  private StepBinding newBinding(BindingKey key) {
    StepBinding step =
        new StepBinding(tensors, key.hooked() ? Objects.requireNonNull(hookedSession) : session);
    step.input(DecoderGraph.PAST_LENGTHS, buffers.pastLengths(key.rows()));
    step.input(DecoderGraph.TOTAL_LENGTH, buffers.totalLength());
    for (int layer = 0; layer < spec.layers(); layer++) {
      var keys = step.own(kv.keyView(layer, key.first(), key.rows()));
      var values = step.own(kv.valueView(layer, key.first(), key.rows()));
      step.input(DecoderGraph.pastKey(layer), keys);
      step.input(DecoderGraph.pastValue(layer), values);
      step.output(DecoderGraph.presentKey(layer), keys);
      step.output(DecoderGraph.presentValue(layer), values);
    }
    return step;
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
    new ArrayList<>(bindings.values()).forEach(StepBinding::close);
    bindings.clear();
    buffers.close();
    runtime.release(session);
    if (hookedSession != null) {
      runtime.release(hookedSession);
    }
    shared.close();
    arena.close();
  }
}
