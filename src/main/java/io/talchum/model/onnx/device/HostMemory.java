package io.talchum.model.onnx.device;

import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** This process's memory as a device's. */
final class HostMemory implements DeviceMemory {
  private final OrtTensors tensors;

  HostMemory(OrtTensors tensors) {
    this.tensors = tensors;
  }

  @Override
  public MemorySegment allocate(Arena owner, long bytes) {
    return tensors.allocateZeroed(owner, bytes);
  }

  @Override
  public MemorySegment allocateHost(Arena owner, long bytes) {
    return tensors.allocateZeroed(owner, bytes);
  }

  @Override
  public MemorySegment place(Arena owner, MemorySegment host) {
    return host;
  }

  @Override
  public void copy(MemorySegment from, MemorySegment to) {
    MemorySegment.copy(from, 0, to, 0, from.byteSize());
  }

  @Override
  public void copyPieces(Pieces from, Pieces to, long bytes, int count) {
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(
          from.memory(),
          from.offset() + i * from.distance(),
          to.memory(),
          to.offset() + i * to.distance(),
          bytes);
    }
  }

  @Override
  public void clear(MemorySegment memory) {
    memory.fill((byte) 0);
  }

  @Override
  public void await() {}

  @Override
  public void alone(Runnable action) {
    action.run();
  }

  @Override
  public long freeBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {}
}
