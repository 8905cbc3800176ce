package io.talchum.model.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** ONNX Runtime's CPU provider as a device: what is written for devices runs and is tested here. */
final class HostDevice implements Device {
  private final OrtTensors tensors;

  HostDevice(OrtTensors tensors) {
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
  public MemorySegment memoryInfo() {
    return tensors.cpuMemory();
  }

  @Override
  public void addProvider(MemorySegment options) {}

  @Override
  public long freeBytes() {
    return Long.MAX_VALUE;
  }

  @Override
  public void close() {}
}
