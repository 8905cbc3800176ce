package io.talchum.model.onnx.device;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.DecoderGraph;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.StepBinding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * The small tensors of a step: written on the host, read on the device, at addresses that never
 * change. Engine thread.
 */
final class DeviceBuffers implements AutoCloseable {
  private final Device device;
  private final OrtTensors tensors;
  private final ModelSpec spec;
  private final int candidates;
  private final Mirror embeddings; // f32 [tokens, hidden]
  private final Mirror lastPositions; // i32 [slots]
  private final Mirror rotaryPositions; // i64 [tokens]
  private final Mirror numbers; // i64 [tokens]: 0, 1, 2 ...
  private final MemorySegment totalLength; // i32 [], on the host: the operator reads it there
  private final Mirror logits; // f32 [tokens, vocab]
  private final Mirror candidateLogits; // f32 [tokens, candidates]
  private final Mirror candidateIds; // i64 [tokens, candidates]
  private final Map<String, MemorySegment> views = new HashMap<>();

  /** The same bytes on both sides. */
  private final class Mirror {
    private final MemorySegment host;
    private final MemorySegment there;

    Mirror(Arena arena, long bytes) {
      host = device.memory().allocateHost(arena, bytes);
      there = device.memory().allocate(arena, bytes);
    }

    void send(long bytes) {
      device.memory().copy(host.asSlice(0, bytes), there.asSlice(0, bytes));
    }

    void fetch(long offset, long bytes) {
      device.memory().copy(there.asSlice(offset, bytes), host.asSlice(offset, bytes));
    }
  }

  DeviceBuffers(
      Device device, OrtTensors tensors, Arena arena, ModelSpec spec, DeviceOptions options) {
    this.device = device;
    this.tensors = tensors;
    this.spec = spec;
    this.candidates = options.candidates();
    long tokens = Math.max(options.slots(), options.prefillTokens());
    embeddings = new Mirror(arena, tokens * spec.hiddenSize() * Float.BYTES);
    lastPositions = new Mirror(arena, (long) options.slots() * Integer.BYTES);
    rotaryPositions = new Mirror(arena, tokens * Long.BYTES);
    numbers = new Mirror(arena, tokens * Long.BYTES);
    totalLength = device.memory().allocateHost(arena, Integer.BYTES);
    logits = new Mirror(arena, tokens * spec.vocabSize() * Float.BYTES);
    candidateLogits = new Mirror(arena, tokens * candidates * Float.BYTES);
    candidateIds = new Mirror(arena, tokens * candidates * Long.BYTES);
    for (int i = 0; i < tokens; i++) {
      numbers.host.setAtIndex(JAVA_LONG, i, i);
    }
    numbers.send(numbers.host.byteSize());
    device.memory().await();
  }

  /** What the last step was told of its longest row's length. */
  int totalLength() {
    return totalLength.get(JAVA_INT, 0);
  }

  /** Where the host writes a step's embeddings. */
  MemorySegment embeddings() {
    return embeddings.host;
  }

  /** Sets the rotary positions of consecutive tokens. */
  void rotaryPositions(int token, int position, int count) {
    for (int i = 0; i < count; i++) {
      rotaryPositions.host.setAtIndex(JAVA_LONG, token + i, position + i);
    }
  }

  /**
   * Sets each row's last position and sends all that the step reads.
   *
   * @param total at least the longest row's length
   */
  void send(int[] last, int tokens, int total) {
    for (int row = 0; row < last.length; row++) {
      lastPositions.host.setAtIndex(JAVA_INT, row, last[row]);
    }
    totalLength.set(JAVA_INT, 0, total);
    embeddings.send((long) tokens * spec.hiddenSize() * Float.BYTES);
    lastPositions.send((long) last.length * Integer.BYTES);
    if (RotaryTables.areReadByOwnNodes(spec)) {
      rotaryPositions.send((long) tokens * Long.BYTES);
    }
  }

  /** Binds the inputs of a step, and what it gives for {@code count} tokens of each row. */
  void bind(StepBinding step, int rows, int tokens, int first, int count) {
    step.input(
        DecoderGraph.EMBEDDINGS,
        view("e", embeddings.there, ElementType.FLOAT, rows, tokens, spec.hiddenSize()));
    step.input(DecoderGraph.PAST_LENGTHS, view("p", lastPositions.there, ElementType.INT32, rows));
    step.input(DecoderGraph.TOTAL_LENGTH, hostView());
    if (RotaryTables.areReadByOwnNodes(spec)) {
      step.input(
          DecoderGraph.ROTARY_POSITIONS,
          view("r", rotaryPositions.there, ElementType.INT64, rows, tokens));
    }
    MemorySegment positions = numbers.there.asSlice((long) first * Long.BYTES);
    step.input(
        DecoderGraph.LOGIT_POSITIONS, view("n" + first, positions, ElementType.INT64, count));
    step.output(
        DecoderGraph.LOGITS,
        view("l", logits.there, ElementType.FLOAT, rows, count, spec.vocabSize()));
    if (candidates > 0) {
      step.output(
          DecoderGraph.CANDIDATE_LOGITS,
          view("c", candidateLogits.there, ElementType.FLOAT, rows, count, candidates));
      step.output(
          DecoderGraph.CANDIDATE_IDS,
          view("i", candidateIds.there, ElementType.INT64, rows, count, candidates));
    }
  }

  /** Brings the candidates of all rows to the host. */
  void fetchCandidates(int rows) {
    if (candidates > 0) {
      candidateLogits.fetch(0, (long) rows * candidates * Float.BYTES);
      candidateIds.fetch(0, (long) rows * candidates * Long.BYTES);
      device.memory().await();
    }
  }

  /** The candidates' logits, f32 [rows, candidates]. */
  MemorySegment candidateLogits() {
    return candidateLogits.host;
  }

  /** The candidates, i64 [rows, candidates]. */
  MemorySegment candidateIds() {
    return candidateIds.host;
  }

  /** Brings one row of logits to the host. */
  MemorySegment fetchLogits(int row) {
    long bytes = (long) spec.vocabSize() * Float.BYTES;
    logits.fetch(row * bytes, bytes);
    device.memory().await();
    return logits.host.asSlice(row * bytes, bytes);
  }

  private MemorySegment hostView() {
    return views.computeIfAbsent("t", key -> tensors.tensor(totalLength, ElementType.INT32));
  }

  private MemorySegment view(String name, MemorySegment data, ElementType type, long... shape) {
    return views.computeIfAbsent(
        name + java.util.Arrays.toString(shape),
        key -> {
          long bytes = type.bytes();
          for (long dimension : shape) {
            bytes *= dimension;
          }
          return tensors.tensor(
              device.provider().memoryInfo(), data.asSlice(0, bytes), type, shape);
        });
  }

  @Override
  public void close() {
    views.values().forEach(tensors::releaseValue);
  }
}
