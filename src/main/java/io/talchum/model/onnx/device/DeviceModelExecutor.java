package io.talchum.model.onnx.device;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.EmbeddingLookup;
import io.talchum.model.onnx.step.StepArguments;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The decoder on a device: weights, KV cache, adapters and logits stay there. Knows what each slot
 * holds; {@link DeviceSteps} runs.
 */
public final class DeviceModelExecutor implements ModelExecutor {
  private final ModelSpec spec;
  private final DeviceOptions options;
  private final DeviceSteps steps;
  private final EmbeddingLookup embeddings;
  private final DeviceAdapterPreparation preparation;
  private final @Nullable DeviceAdapter[] adapters; // [slots]
  private final int[] expectedTokens; // [slots]

  public DeviceModelExecutor(
      ModelPackage weights,
      Device device,
      OrtSessions runtime,
      OrtTensors tensors,
      DeviceOptions options) {
    this.spec = weights.manifest().spec();
    this.options = options;
    this.steps = new DeviceSteps(weights, device, runtime, tensors, options);
    this.embeddings = new EmbeddingLookup(weights);
    this.preparation = new DeviceAdapterPreparation(weights, device.memory(), options);
    this.adapters = new DeviceAdapter[options.slots()];
    this.expectedTokens = new int[options.slots()];
  }

  /** On the CPU provider: slow, for tests and to try packages out. */
  public static DeviceModelExecutor onHost(ModelPackage weights, DeviceOptions options) {
    OrtLibrary library = new OrtLibrary();
    OrtTensors tensors = new OrtTensors(library);
    OrtSessions runtime =
        new OrtSessions(library, Runtime.getRuntime().availableProcessors(), false);
    return new DeviceModelExecutor(weights, Device.onHost(tensors), runtime, tensors, options);
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
    steps.stacks(); // takes its time here, not in a step
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
    steps.kv().copy(from, to, tokens);
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
    steps.kv().read(slot, start, tokens, to);
  }

  @Override
  public void writeKv(int slot, int start, int tokens, MemorySegment from) {
    checkRange(start, tokens);
    steps.kv().write(slot, start, tokens, from);
  }

  @Override
  public StepLogits decode(int[] tokenIds, int[] positions) {
    int rows = StepArguments.rows(tokenIds, positions, options.slots());
    for (int position : positions) {
      checkRange(position, 1);
    }
    return run(
        new DeviceSteps.Step(holdAdapters(0, rows), true, 0, rows, 1, 0, 1), tokenIds, positions);
  }

  @Override
  public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows) {
    int tokens = StepArguments.tokens(tokenIds, options.prefillTokens());
    checkRange(start, tokens);
    int first =
        rows == LogitRows.ALL ? 0 : tokens - 1; // no provider is trusted with a head of none
    StepLogits logits =
        run(
            new DeviceSteps.Step(
                holdAdapters(slot, 1), false, slot, 1, tokens, first, tokens - first),
            tokenIds,
            start + tokens - 1);
    return rows == LogitRows.NONE
        ? new DeviceLogits(0, spec.vocabSize(), 0, steps.buffers())
        : logits;
  }

  private StepLogits run(DeviceSteps.Step step, int[] tokenIds, int... lastPositions) {
    for (int i = 0; i < tokenIds.length; i++) {
      embeddings.read(tokenIds[i], null, steps.buffers().embeddings(), i);
    }
    if (RotaryTables.areReadByOwnNodes(spec)) {
      setRotaryPositions(step, lastPositions);
    }
    steps.run(step, lastPositions);
    return new DeviceLogits(
        step.rows() * step.count(), spec.vocabSize(), options.candidates(), steps.buffers());
  }

  /** Each token's row in {@link RotaryTables}. */
  private void setRotaryPositions(DeviceSteps.Step step, int[] lastPositions) {
    RopeSpec rope = spec.attention().rope();
    for (int row = 0; row < step.rows(); row++) {
      int length = Math.max(expectedTokens[step.slot() + row], lastPositions[row] + 1);
      int position = lastPositions[row] - step.tokens() + 1;
      int first = RotaryTables.row(rope, length, position, options.contextTokens());
      steps.buffers().rotaryPositions(row * step.tokens(), first, step.tokens());
    }
  }

  /** Brings the rows' adapters into their slots; whether there are any. */
  public boolean holdAdapters(int slot, int rows) {
    boolean some = false;
    for (int row = 0; row < rows; row++) {
      some |= adapters[slot + row] != null;
    }
    for (int row = 0; some && row < rows; row++) {
      steps.stacks().hold(slot + row, adapters[slot + row]);
    }
    return some;
  }

  DeviceSteps steps() {
    return steps;
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
    steps.close();
  }
}
