package io.talchum.model.onnx.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The memory of a device. A segment of it is an address there: only these methods may read or write
 * it. Any thread.
 */
public interface DeviceMemory extends AutoCloseable {
  /** Zeros, freed with the arena. */
  MemorySegment allocate(Arena owner, long bytes);

  /** Host memory of zeros that is copied quickly. */
  MemorySegment allocateHost(Arena owner, long bytes);

  /**
   * Host memory as the device can read it: the same, or a copy.
   *
   * @param host not to be changed, and alive as long as the arena
   */
  MemorySegment place(Arena owner, MemorySegment host);

  /**
   * Copies all of {@code from}; one of both may be host memory, which must stay as it is until
   * {@link #await}.
   */
  void copy(MemorySegment from, MemorySegment to);

  /** Copies pieces of equal size at equal distances, likewise. */
  void copyPieces(Pieces from, Pieces to, long bytes, int count);

  /** Fills with zeros. */
  void clear(MemorySegment memory);

  /** Returns once all copies are done. */
  void await();

  /** Runs while no other thread allocates, frees, copies or waits here. */
  void alone(Runnable action);

  /** Bytes that can be allocated now; {@link Long#MAX_VALUE} if nobody knows. */
  long freeBytes();

  @Override
  void close();

  /** Pieces of memory, the first one at an offset. */
  record Pieces(MemorySegment memory, long offset, long distance) {}
}
