package io.talchum.model.onnx;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.weights.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The decoder on a device: weights, KV cache, adapters and logits stay there; the base and the
 * adapted graph are two sessions over the same memory.
 */
final class DeviceModelExecutor implements ModelExecutor {
  private final ModelSpec spec;
  private final DeviceOptions options;
  private final ModelPackage weights;
  private final Device device;
  private final OrtSessions runtime;
  private final OrtTensors tensors;
  private final Arena arena = Arena.ofShared();
  private final DeviceWeights shared;
  private final DeviceKv kv;
  private final DeviceBuffers buffers;
  private final EmbeddingLookup embeddings;
  private final DeviceAdapterPreparation preparation;
  private final @Nullable DeviceAdapter[] adapters; // [slots]
  private final int[] expectedTokens; // [slots]
  private final MemorySegment session;
  private @Nullable Adapted adapted;
  private long lastRunNanos;
  private final Map<BindingKey, StepBinding> bindings = new HashMap<>();

  private record BindingKey(boolean adapted, int first, int rows) {}

  /** Made when the first adapter is bound. */
  private record Adapted(MemorySegment session, AdapterStacks stacks) {}

  DeviceModelExecutor(
      ModelPackage weights,
      Device device,
      OrtSessions runtime,
      OrtTensors tensors,
      DeviceOptions options) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.device = device;
    this.runtime = runtime;
    this.tensors = tensors;
    this.options = options;
    this.shared = new DeviceWeights(device, tensors, weights, options);
    this.kv = new DeviceKv(device, tensors, arena, spec, options);
    this.buffers = new DeviceBuffers(device, tensors, arena, spec, options);
    this.embeddings = new EmbeddingLookup(weights);
    this.preparation = new DeviceAdapterPreparation(weights, device, options);
    this.adapters = new DeviceAdapter[options.slots()];
    this.expectedTokens = new int[options.slots()];
    this.session = createSession(0);
  }

  /** On the CPU provider: slow, for tests and to try packages out. */
  static DeviceModelExecutor onHost(ModelPackage weights, DeviceOptions options) {
    OrtLibrary library = new OrtLibrary();
    OrtTensors tensors = new OrtTensors(library);
    OrtSessions runtime =
        new OrtSessions(library, Runtime.getRuntime().availableProcessors(), false);
    return new DeviceModelExecutor(weights, new HostDevice(tensors), runtime, tensors, options);
  }

  private MemorySegment createSession(int rank) {
    OnnxGraph graph =
        DecoderGraph.build(
            weights,
            new GraphForm.Standard(
                options.contextTokens(), options.number(), rank, options.candidates()));
    return runtime.create(
        graph.serialized(),
        shared.of(graph),
        weights.directory().toAbsolutePath(),
        device::addProvider);
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

  @Override
  public ResidentAdapter prepare(AdapterWeights adapter) {
    return preparation.run(adapter);
  }

  @Override
  public void bind(int slot, @Nullable ResidentAdapter adapter) {
    expectedTokens[slot] = 0;
    if (adapter == null) {
      adapters[slot] = null;
      return;
    }
    if (!(adapter instanceof DeviceAdapter prepared)) {
      throw new IllegalArgumentException("not prepared by this executor: " + adapter);
    }
    if (adapted == null) {
      adapted =
          new Adapted(
              createSession(options.rank()),
              new AdapterStacks(device, tensors, StackSite.of(weights), options));
    }
    adapters[slot] = prepared;
  }

  @Override
  public void expect(int slot, int[] promptTokenIds) {
    expectedTokens[slot] = promptTokenIds.length;
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
    return DeviceKv.bytesPerToken(spec, options.number());
  }

  @Override
  public void readKv(int slot, int start, int tokens, MemorySegment to) {
    checkRange(start, tokens);
    kv.read(slot, start, tokens, to);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    checkRange(start, tokens);
    kv.write(slot, start, tokens, from);
  }

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    int rows = StepArguments.rows(tokenIds, positions, options.slots());
    for (int position : positions) {
      checkRange(position, 1);
    }
    return run(0, tokenIds, positions, 0, 1);
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows) {
    int tokens = StepArguments.tokens(tokenIds, options.prefillTokens());
    checkRange(start, tokens);
    int[] last = {start + tokens - 1};
    return switch (rows) {
      case NONE -> {
        run(slot, tokenIds, last, tokens - 1, 1); // no provider is trusted with a head of no rows
        yield new DeviceLogits(0, spec.vocabSize(), 0, buffers);
      }
      case LAST -> run(slot, tokenIds, last, tokens - 1, 1);
      case ALL -> run(slot, tokenIds, last, 0, tokens);
    };
  }

  /**
   * Runs tokens of rows from a slot on, equally many each; logits for {@code count} tokens of each
   * from {@code first} on.
   */
  private StepLogits run(int slot, int[] tokenIds, int[] lastPositions, int first, int count) {
    int rows = lastPositions.length;
    int tokens = tokenIds.length / rows;
    for (int i = 0; i < tokenIds.length; i++) {
      embeddings.read(tokenIds[i], null, buffers.embeddings(), i);
    }
    if (RotaryTables.areReadByOwnNodes(spec)) {
      setRotaryPositions(slot, lastPositions, tokens);
    }
    buffers.send(lastPositions, tokenIds.length);
    StepBinding step = binding(new BindingKey(holdAdapters(slot, rows), slot, rows));
    buffers.bind(step, rows, tokens, first, count);
    device.await();
    long start = System.nanoTime();
    step.run();
    lastRunNanos = System.nanoTime() - start;
    buffers.fetchCandidates(rows * count);
    return new DeviceLogits(rows * count, spec.vocabSize(), options.candidates(), buffers);
  }

  /** How long the last step ran in ONNX Runtime. */
  long lastRunNanos() {
    return lastRunNanos;
  }

  Device device() {
    return device;
  }

  /** Brings the rows' adapters into their slots; whether there are any. */
  boolean holdAdapters(int first, int rows) {
    boolean some = false;
    for (int row = 0; row < rows; row++) {
      some |= adapters[first + row] != null;
    }
    for (int row = 0; some && row < rows; row++) {
      Objects.requireNonNull(adapted).stacks().hold(first + row, adapters[first + row]);
    }
    return some;
  }

  /** Each token's row in {@link RotaryTables}. */
  private void setRotaryPositions(int slot, int[] lastPositions, int tokens) {
    RopeSpec rope = spec.attention().rope();
    for (int row = 0; row < lastPositions.length; row++) {
      int length = Math.max(expectedTokens[slot + row], lastPositions[row] + 1);
      int position = lastPositions[row] - tokens + 1;
      int first = RotaryTables.row(rope, length, position, options.contextTokens());
      buffers.rotaryPositions(row * tokens, first, tokens);
    }
  }

  private StepBinding binding(BindingKey key) {
    return bindings.computeIfAbsent(key, this::newBinding);
  }

  private StepBinding newBinding(BindingKey key) {
    Adapted with = key.adapted() ? Objects.requireNonNull(adapted) : null;
    StepBinding step = new StepBinding(tensors, with == null ? session : with.session());
    for (int layer = 0; layer < spec.layers(); layer++) {
      MemorySegment keys = step.own(kv.keyView(layer, key.first(), key.rows()));
      MemorySegment values = step.own(kv.valueView(layer, key.first(), key.rows()));
      step.input(DecoderGraph.pastKey(layer), keys);
      step.input(DecoderGraph.pastValue(layer), values);
      step.output(DecoderGraph.presentKey(layer), keys);
      step.output(DecoderGraph.presentValue(layer), values);
    }
    if (with != null) {
      with.stacks().bind(step, key.first(), key.rows());
    }
    return step;
  }

  private void checkRange(int start, int tokens) {
    if (start < 0 || tokens < 1 || start + tokens > options.contextTokens()) {
      throw new IllegalArgumentException(
          "positions %d..%d are not in 0..%d"
              .formatted(start, start + tokens - 1, options.contextTokens() - 1));
    }
  }

  @Override
  public void close() {
    new ArrayList<>(bindings.values()).forEach(StepBinding::close);
    bindings.clear();
    buffers.close();
    runtime.release(session);
    if (adapted != null) {
      runtime.release(adapted.session());
      adapted.stacks().close();
    }
    shared.close();
    arena.close();
    device.close();
  }
}
