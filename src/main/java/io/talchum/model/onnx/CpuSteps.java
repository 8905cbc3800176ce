package io.talchum.model.onnx;

import io.talchum.core.ModelSpec;
import io.talchum.model.StepLogits;
import io.talchum.model.kernel.MatrixProducts;
import io.talchum.model.kernel.code.CpuFeatures;
import io.talchum.model.kernel.integer.ProductSelection;
import io.talchum.model.onnx.adapter.BoundAdapter;
import io.talchum.model.onnx.adapter.HiddenStateKernel;
import io.talchum.model.onnx.graph.DecoderGraph;
import io.talchum.model.onnx.graph.GraphForm;
import io.talchum.model.onnx.graph.OnnxGraph;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtKernels;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.StepBinding;
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
 * Runs the decoder's steps on the CPU: the base and the extended graph are two sessions over the
 * same weights, KV slots and buffers. Engine thread.
 */
final class CpuSteps implements AutoCloseable {
  private final ModelSpec spec;
  private final ExecutorOptions options;
  private final ModelPackage weights;
  private final OrtSessions runtime;
  private final OrtTensors tensors;
  private final Arena arena = Arena.ofShared();
  private final SharedWeights shared;
  private final KvSlots kv;
  private final StepBuffers buffers;
  private final LinearKernel linears;
  private final HiddenStateKernel hiddenStates;
  private final MemorySegment operators;
  private final MemorySegment session;
  private volatile @Nullable MemorySegment extendedSession; // written under the lock of this
  private final Map<BindingKey, StepBinding> bindings = new HashMap<>();

  private record BindingKey(boolean extended, int first, int rows) {}

  /**
   * A step over consecutive slots, equally many tokens each.
   *
   * @param slot the first one
   * @param adapters [rows]; null is the base
   * @param tokens of each row
   * @param lastPositions KV position of each row's last token
   * @param first the first token of each row that wants logits
   * @param count of tokens of each row that want logits
   */
  record Step(
      int slot,
      @Nullable BoundAdapter[] adapters,
      int tokens,
      int[] lastPositions,
      int first,
      int count) {
    int rows() {
      return lastPositions.length;
    }

    /** KV position of each row's first token. */
    int[] firstPositions() {
      return Arrays.stream(lastPositions).map(last -> last - tokens + 1).toArray();
    }

    boolean needsExtendedGraph() {
      return Arrays.stream(adapters)
          .anyMatch(row -> row != null && row.adapter().needsExtendedGraph());
    }
  }

  CpuSteps(ModelPackage weights, ExecutorOptions options) {
    this.weights = weights;
    this.options = options;
    this.spec = weights.manifest().spec();
    OrtLibrary library = new OrtLibrary();
    this.runtime = new OrtSessions(library, options.threads(), options.spin());
    this.tensors = new OrtTensors(library);
    this.shared = new SharedWeights(runtime, tensors, weights);
    shareRotaryTables();
    shareKvScales();
    this.kv =
        new KvSlots(
            tensors, arena, spec, options.kv().format(), options.slots(), options.contextTokens());
    this.buffers = new StepBuffers(tensors, arena, spec, options.slots(), options.prefillTokens());
    OrtKernels kernels = new OrtKernels(library);
    MatrixProducts products = ProductSelection.choose(options.products(), CpuFeatures.read());
    this.linears = new LinearKernel(kernels, arena, weights, products, options.threads());
    this.hiddenStates = new HiddenStateKernel(kernels, arena, weights, kv);
    List<CustomOperator> own = new ArrayList<>(linears.operators());
    own.add(hiddenStates.operator());
    this.operators = kernels.createDomain(arena, OnnxGraph.TALCHUM, own);
    this.session = createSession(false);
  }

  /** The extended graph's numbers are the base's where no adapter changes them. */
  private MemorySegment createSession(boolean extended) {
    GraphForm form = GraphForm.Kernels.of(options.contextTokens(), options.kv().format(), extended);
    return shared.createSession(DecoderGraph.build(weights, form), operators);
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

  /** How quantized matrices are multiplied. */
  MatrixProducts products() {
    return linears.products();
  }

  KvSlots kv() {
    return kv;
  }

  /** Where the next step's embeddings and rotary positions go. */
  StepBuffers buffers() {
    return buffers;
  }

  /** Whether the extended graph's session is there. Any thread. */
  boolean hasExtendedGraph() {
    return extendedSession != null;
  }

  /** Makes it, which takes its time, unless it is there. Any thread, also while steps run. */
  synchronized void prepareExtendedGraph() {
    if (extendedSession == null) {
      extendedSession = createSession(true);
    }
  }

  /** Runs a step whose embeddings and rotary positions are in the buffers. */
  StepLogits run(Step step) {
    boolean extended = step.needsExtendedGraph();
    buffers.lengths(step.lastPositions());
    linears.prepare(step.rows(), step.tokens(), step.count());
    linears.adapters().prepare(step.adapters(), step.firstPositions(), step.first());
    if (extended) {
      hiddenStates.prepare(
          step.adapters(),
          new HiddenStateKernel.Step(
              step.slot(),
              step.firstPositions(),
              step.tokens(),
              step.count(),
              buffers.embeddings()));
    }
    StepBinding binding =
        bindings.computeIfAbsent(
            new BindingKey(extended, step.slot(), step.rows()), this::newBinding);
    bind(binding, step);
    binding.run();
    linears.checkRun();
    hiddenStates.checkRun();
    return StepLogits.of(step.rows() * step.count(), spec.vocabSize(), buffers.logits());
  }

  private void bind(StepBinding binding, Step step) {
    int rows = step.rows();
    binding.input(DecoderGraph.EMBEDDINGS, buffers.embeddings(rows, step.tokens()));
    if (RotaryTables.areReadByOwnNodes(spec)) {
      binding.input(DecoderGraph.ROTARY_POSITIONS, buffers.rotaryPositions(rows, step.tokens()));
    }
    binding.input(DecoderGraph.LOGIT_POSITIONS, buffers.logitPositions(step.first(), step.count()));
    binding.output(DecoderGraph.LOGITS, buffers.logits(rows, step.count()));
  }

  private StepBinding newBinding(BindingKey key) {
    StepBinding step =
        new StepBinding(
            tensors, key.extended() ? Objects.requireNonNull(extendedSession) : session);
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

  @Override
  public void close() {
    new ArrayList<>(bindings.values()).forEach(StepBinding::close);
    bindings.clear();
    buffers.close();
    runtime.release(session);
    MemorySegment extended = extendedSession;
    if (extended != null) {
      runtime.release(extended);
    }
    shared.close();
    arena.close();
  }
}
