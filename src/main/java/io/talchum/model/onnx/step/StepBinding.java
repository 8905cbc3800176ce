package io.talchum.model.onnx.step;

import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The inputs and outputs of one session for a fixed range of slots; only changed values are bound
 * again. Engine thread.
 */
public final class StepBinding implements AutoCloseable {
  private final OrtTensors tensors;
  private final MemorySegment session;
  private final MemorySegment binding;
  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> names = new HashMap<>();
  private final Map<String, MemorySegment> bound = new HashMap<>();
  private final List<MemorySegment> owned = new ArrayList<>();
  private MemorySegment runOptions = MemorySegment.NULL;
  private int number;

  public StepBinding(OrtTensors tensors, MemorySegment session) {
    this.tensors = tensors;
    this.session = session;
    this.binding = tensors.createBinding(session);
  }

  /** Binds an input to a value that somebody else releases, unless it is bound to it already. */
  public void input(String name, MemorySegment value) {
    if (!value.equals(bound.put(name, value))) {
      tensors.bindInput(binding, name(name), value);
    }
  }

  public void output(String name, MemorySegment value) {
    if (!value.equals(bound.put(name, value))) {
      tensors.bindOutput(binding, name(name), value);
    }
  }

  /** Lets this binding release the value when it is closed. */
  public MemorySegment own(MemorySegment value) {
    owned.add(value);
    return value;
  }

  /**
   * Says which of a provider's recorded steps this one is; a provider that records nothing does not
   * care.
   *
   * @param number from 1, or -1 for a step that is never recorded
   */
  public void record(int number) {
    this.number = number;
    runOptions = tensors.runOptions("gpu_graph_id", Integer.toString(number));
  }

  public void run() {
    tensors.run(session, runOptions, binding);
  }

  /** What {@link #record} said; 0 if nothing. */
  public int number() {
    return number;
  }

  /** Everything that is bound, by name: the same values as long as nothing is bound anew. */
  public Map<String, MemorySegment> bound() {
    return Map.copyOf(bound);
  }

  private MemorySegment name(String name) {
    return names.computeIfAbsent(name, n -> arena.allocateFrom(n));
  }

  @Override
  public void close() {
    tensors.releaseBinding(binding);
    if (runOptions.address() != 0) {
      tensors.releaseRunOptions(runOptions);
    }
    owned.forEach(tensors::releaseValue);
    arena.close();
  }
}
