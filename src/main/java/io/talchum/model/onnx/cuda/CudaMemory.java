package io.talchum.model.onnx.cuda;

import io.talchum.model.onnx.device.DeviceMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The memory of an NVIDIA GPU; all copies go through one stream. */
final class CudaMemory implements DeviceMemory {
  private final CudaRuntime cuda;
  private final int number;
  private final MemorySegment stream;

  /**
   * @param number of the device, from 0
   */
  CudaMemory(CudaRuntime cuda, int number) {
    this.cuda = cuda;
    this.number = number;
    cuda.use(number);
    this.stream = cuda.createStream();
  }

  /** A cudaStream_t. */
  MemorySegment stream() {
    return stream;
  }

  @Override
  public MemorySegment allocate(Arena owner, long bytes) {
    cuda.use(number);
    MemorySegment memory = cuda.allocate(owner, number, Math.max(bytes, 1));
    clear(memory);
    return memory;
  }

  @Override
  public MemorySegment allocateHost(Arena owner, long bytes) {
    cuda.use(number);
    return cuda.allocateHost(owner, Math.max(bytes, 1));
  }

  @Override
  public MemorySegment place(Arena owner, MemorySegment host) {
    cuda.use(number);
    MemorySegment memory = cuda.allocate(owner, number, host.byteSize());
    copy(host, memory);
    return memory;
  }

  @Override
  public void copy(MemorySegment from, MemorySegment to) {
    cuda.copy(from, to, stream);
  }

  @Override
  public void copyPieces(Pieces from, Pieces to, long bytes, int count) {
    cuda.copyPieces(from, to, bytes, count, stream);
  }

  @Override
  public void clear(MemorySegment memory) {
    cuda.clear(memory, stream);
  }

  @Override
  public void await() {
    cuda.await(stream);
  }

  @Override
  public void alone(Runnable action) {
    cuda.alone(action);
  }

  @Override
  public long freeBytes() {
    cuda.use(number);
    return cuda.memory()[0];
  }

  @Override
  public void close() {
    cuda.use(number);
    cuda.destroyStream(stream);
  }
}
