package io.talchum.model.onnx.device;

import io.talchum.model.onnx.graph.DecoderGraph;
import io.talchum.model.onnx.graph.GraphForm;
import io.talchum.model.onnx.graph.OnnxGraph;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.StepBinding;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs the decoder's steps on a device: the base and the adapted graph are two sessions over the
 * same weights, KV cache and buffers. Engine thread.
 */
final class DeviceSteps implements AutoCloseable {
  private static final int NEVER_RECORDED = -1;

  private final ModelPackage weights;
  private final Device device;
  private final OrtSessions runtime;
  private final OrtTensors tensors;
  private final DeviceOptions options;
  private final Arena arena = Arena.ofShared();
  private final DeviceWeights shared;
  private final DeviceKv kv;
  private final DeviceBuffers buffers;
  private final MemorySegment session;
  private @Nullable Adapted adapted;
  private final Map<Key, StepBinding> bindings = new HashMap<>();
  private final Set<Key> recorded = new HashSet<>();
  private long lastRunNanos;

  /** What one binding is for. */
  record Key(boolean adapted, boolean decodes, int slot, int rows) {}

  /** Made when the first adapter is bound. */
  private record Adapted(MemorySegment session, AdapterStacks stacks) {}

  /**
   * A step over consecutive slots, equally many tokens each.
   *
   * @param adapted whether a row has an adapter
   * @param decodes whether it is a decode step, else a piece of a prompt
   * @param slot the first one
   * @param tokens of each row
   * @param first the first token of each row that wants logits
   * @param count of tokens of each row that want logits
   */
  record Step(
      boolean adapted, boolean decodes, int slot, int rows, int tokens, int first, int count) {}

  DeviceSteps(
      ModelPackage weights,
      Device device,
      OrtSessions runtime,
      OrtTensors tensors,
      DeviceOptions options) {
    this.weights = weights;
    this.device = device;
    this.runtime = runtime;
    this.tensors = tensors;
    this.options = options;
    this.shared = new DeviceWeights(device, tensors, weights, options);
    this.kv = new DeviceKv(device, tensors, arena, weights.manifest().spec(), options);
    this.buffers = new DeviceBuffers(device, tensors, arena, weights.manifest().spec(), options);
    this.session = createSession(0);
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
        created -> device.provider().addTo(created, options.records()));
  }

  DeviceKv kv() {
    return kv;
  }

  DeviceBuffers buffers() {
    return buffers;
  }

  Device device() {
    return device;
  }

  /** The adapters' stacks, made when they are first asked for, with the session that reads them. */
  AdapterStacks stacks() {
    if (adapted == null) {
      adapted =
          new Adapted(
              createSession(options.rank()),
              new AdapterStacks(device, tensors, StackSite.of(weights), options));
    }
    return adapted.stacks();
  }

  /**
   * Runs a step whose embeddings and rotary positions are in the buffers.
   *
   * @param lastPositions [rows]
   */
  void run(Step step, int[] lastPositions) {
    boolean records = step.decodes() && options.records();
    buffers.send(
        lastPositions,
        step.rows() * step.tokens(),
        records ? options.contextTokens() : longest(lastPositions));
    Key key = new Key(step.adapted(), step.decodes(), step.slot(), step.rows());
    StepBinding binding = bindings.computeIfAbsent(key, this::newBinding);
    buffers.bind(binding, step.rows(), step.tokens(), step.first(), step.count());
    device.memory().await();
    long start = System.nanoTime();
    if (records && !recorded.contains(key)) {
      device.memory().alone(binding::run); // what another thread asked for would be recorded, too
      recorded.add(key);
    } else {
      binding.run();
    }
    lastRunNanos = System.nanoTime() - start;
    buffers.fetchCandidates(step.rows() * step.count());
  }

  private static int longest(int[] lastPositions) {
    int longest = 0;
    for (int last : lastPositions) {
      longest = Math.max(longest, last + 1);
    }
    return longest;
  }

  /** How long the last step ran in ONNX Runtime. */
  long lastRunNanos() {
    return lastRunNanos;
  }

  /** What is bound so far. */
  Map<Key, StepBinding> bindings() {
    return Map.copyOf(bindings);
  }

  private StepBinding newBinding(Key key) {
    Adapted with = key.adapted() ? Objects.requireNonNull(adapted) : null;
    StepBinding step = new StepBinding(tensors, with == null ? session : with.session());
    if (options.records()) {
      step.record(key.decodes() ? bindings.size() + 1 : NEVER_RECORDED);
    }
    for (int layer = 0; layer < weights.manifest().spec().layers(); layer++) {
      MemorySegment keys = step.own(kv.keyView(layer, key.slot(), key.rows()));
      MemorySegment values = step.own(kv.valueView(layer, key.slot(), key.rows()));
      step.input(DecoderGraph.pastKey(layer), keys);
      step.input(DecoderGraph.pastValue(layer), values);
      step.output(DecoderGraph.presentKey(layer), keys);
      step.output(DecoderGraph.presentValue(layer), values);
    }
    if (with != null) {
      with.stacks().bind(step, key.slot(), key.rows());
    }
    return step;
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
