package io.talchum.model.onnx;

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
final class StepBinding implements AutoCloseable {
  private final OrtTensors tensors;
  private final MemorySegment session;
  private final MemorySegment binding;
  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> names = new HashMap<>();
  private final Map<String, MemorySegment> bound = new HashMap<>();
  private final List<MemorySegment> owned = new ArrayList<>();

  StepBinding(OrtTensors tensors, MemorySegment session) {
    this.tensors = tensors;
    this.session = session;
    this.binding = tensors.createBinding(session);
  }

  /** Binds an input to a value that somebody else releases, unless it is bound to it already. */
  void input(String name, MemorySegment value) {
    if (!value.equals(bound.put(name, value))) {
      tensors.bindInput(binding, name(name), value);
    }
  }

  void output(String name, MemorySegment value) {
    if (!value.equals(bound.put(name, value))) {
      tensors.bindOutput(binding, name(name), value);
    }
  }

  /** Lets this binding release the value when it is closed. */
  MemorySegment own(MemorySegment value) {
    owned.add(value);
    return value;
  }

  void run() {
    tensors.run(session, binding);
  }

  private MemorySegment name(String name) {
    return names.computeIfAbsent(name, n -> arena.allocateFrom(n));
  }

  @Override
  public void close() {
    tensors.releaseBinding(binding);
    owned.forEach(tensors::releaseValue);
    arena.close();
  }
}
