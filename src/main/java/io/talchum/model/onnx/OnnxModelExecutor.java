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
import io.talchum.model.kernel.PanelMatrix;
import io.talchum.model.kernel.PanelWarmUp;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.RowReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private final RowReader embeddings; // [vocab, hidden]
  private final float[] embedding; // [hidden]
  private final LinearKernel linears;
  private final @Nullable LowRankAdapter[] adapters;
  private final int[] expectedTokens; // [slots]
  private final MemorySegment session;
  private final Map<BindingKey, StepBinding> bindings = new HashMap<>();

  private record BindingKey(int first, int rows) {}

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
    this.embeddings = weights.rows(weights.tensor("embed"));
    this.embedding = new float[spec.hiddenSize()];
    this.adapters = new LowRankAdapter[options.slots()];
    this.expectedTokens = new int[options.slots()];
    this.linears = new LinearKernel(new OrtKernels(library), arena, weights, options.threads());
    this.session = shared.createSession(DecoderGraph.build(weights, options), linears.domain());
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
    return executor;
  }

  /**
   * Lets the compiler see the loops that this model's steps run, on a thread of its own. A step
   * that comes earlier is slow. Any thread.
   */
  public void warmUp() {
    List<PanelMatrix> matrices = linears.matrices();
    Thread.ofPlatform()
        .name("talchum-warm-up")
        .daemon()
        .start(
            () -> {
              PanelWarmUp.run(matrices);
              LowRankWarmUp.run();
            });
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
    return new LowRankAdapter(spec, adapter);
  }

  @Override
  public void bind(int slot, @Nullable ResidentAdapter adapter) {
    if (adapter != null && !(adapter instanceof LowRankAdapter)) {
      throw new IllegalArgumentException("not prepared by this executor: " + adapter);
    }
    adapters[slot] = (LowRankAdapter) adapter;
  }

  @Override
  public void expect(int slot, int promptTokens) {
    expectedTokens[slot] = promptTokens;
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
    kv.copy(from, to, tokens);
    adapters[to] = adapters[from];
    expectedTokens[to] = expectedTokens[from];
  }

  @Override
  public long kvBytesPerToken() {
    return KvSlots.bytesPerToken(spec, options.kv().format());
  }

  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {
    checkPosition(start);
    checkPosition(start + tokens - 1);
    kv.read(slot, start, tokens, to);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    checkPosition(start);
    checkPosition(start + tokens - 1);
    kv.write(slot, start, tokens, from);
  }

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    int rows = tokenIds.length;
    if (rows == 0 || rows > options.slots() || positions.length != rows) {
      throw new IllegalArgumentException(
          "a decode step needs 1.." + options.slots() + " rows, not " + rows);
    }
    for (int position : positions) {
      checkPosition(position);
    }
    return run(0, tokenIds, positions, rows, 0, 1);
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows) {
    int tokens = tokenIds.length;
    if (tokens == 0 || tokens > options.prefillTokens()) {
      throw new IllegalArgumentException(
          "a prefill needs 1.." + options.prefillTokens() + " tokens, not " + tokens);
    }
    int last = start + tokens - 1;
    checkPosition(start);
    checkPosition(last);
    return switch (rows) {
      case NONE -> run(slot, tokenIds, new int[] {last}, 1, 0, 0);
      case LAST -> run(slot, tokenIds, new int[] {last}, 1, tokens - 1, 1);
      case ALL -> run(slot, tokenIds, new int[] {last}, 1, 0, tokens);
    };
  }

  /**
   * Runs rows from a slot on, of equally many tokens; logits for {@code count} tokens of each from
   * {@code first} on.
   */
  private StepLogits run(
      int slot, int[] tokenIds, int[] lastPositions, int rows, int first, int count) {
    embed(tokenIds);
    buffers.lengths(lastPositions);
    StepBinding step = binding(slot, rows);
    int tokens = tokenIds.length / rows;
    linears.prepare(Arrays.copyOfRange(adapters, slot, slot + rows), tokens, count);
    step.input(DecoderGraph.EMBEDDINGS, buffers.embeddings(rows, tokens));
    if (RotaryTables.areReadByOwnNodes(spec)) {
      step.input(DecoderGraph.ROTARY_POSITIONS, rotaryPositions(slot, lastPositions, tokens));
    }
    step.input(DecoderGraph.LOGIT_POSITIONS, buffers.logitPositions(first, count));
    step.output(DecoderGraph.LOGITS, buffers.logits(rows, count));
    step.run();
    linears.checkRun();
    return new StepLogits(rows * count, spec.vocabSize(), buffers.logits());
  }

  private void embed(int[] tokenIds) {
    float scale = spec.scales().embedding();
    for (int i = 0; i < tokenIds.length; i++) {
      checkToken(tokenIds[i]);
      embeddings.read(tokenIds[i], embedding, 0);
      for (int j = 0; scale != 1 && j < embedding.length; j++) {
        embedding[j] *= scale;
      }
      long offset = (long) i * spec.hiddenSize() * Float.BYTES;
      MemorySegment.copy(
          embedding, 0, buffers.embeddings(), ValueLayout.JAVA_FLOAT, offset, embedding.length);
    }
  }

  /** Each token's row in {@link RotaryTables}: long sequences use the second half. */
  private MemorySegment rotaryPositions(int slot, int[] lastPositions, int tokens) {
    RopeSpec rope = spec.attention().rope();
    for (int row = 0; row < lastPositions.length; row++) {
      int length = Math.max(expectedTokens[slot + row], lastPositions[row] + 1);
      int first =
          lastPositions[row] - tokens + 1 + (rope.isLong(length) ? options.contextTokens() : 0);
      buffers.rotaryPositions(row * tokens, first, tokens);
    }
    return buffers.rotaryPositions(lastPositions.length, tokens);
  }

  private StepBinding binding(int first, int rows) {
    return bindings.computeIfAbsent(new BindingKey(first, rows), this::newBinding);
  }

  private StepBinding newBinding(BindingKey key) {
    StepBinding step = new StepBinding(tensors, session);
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

  private void checkPosition(int position) {
    if (position < 0 || position >= options.contextTokens()) {
      throw new IllegalArgumentException(
          "position " + position + " is not in 0.." + (options.contextTokens() - 1));
    }
  }

  private void checkToken(int tokenId) {
    if (tokenId < 0 || tokenId >= spec.vocabSize()) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "token id %d is not in 0..%d".formatted(tokenId, spec.vocabSize() - 1));
    }
  }

  @Override
  public void close() {
    new ArrayList<>(bindings.values()).forEach(StepBinding::close);
    bindings.clear();
    buffers.close();
    runtime.release(session);
    shared.close();
    arena.close();
  }
}
