package io.talchum.model.onnx.math;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for what a task computes on its way. Owned by one thread. */
public final class TaskScratch {
  private static final long START = 1 << 16;
  private MemorySegment memory = Arena.ofAuto().allocate(START, AdapterMatrix.ALIGNMENT);
  private long used;
  private final FullRankScratch products = new FullRankScratch();

  /** For products with matrices. */
  public FullRankScratch products() {
    return products;
  }

  /** Takes everything back. */
  public void clear() {
    used = 0;
  }

  /** Room for tokens of so many numbers each, until {@link #clear}; holds anything at first. */
  public TokenGroup group(int width, int count) {
    long bytes = (long) count * width * Float.BYTES;
    long aligned = (bytes + AdapterMatrix.ALIGNMENT - 1) & -AdapterMatrix.ALIGNMENT;
    if (used + aligned > memory.byteSize()) {
      memory = Arena.ofAuto().allocate(2 * (memory.byteSize() + aligned), AdapterMatrix.ALIGNMENT);
      used = 0;
    }
    MemorySegment room = memory.asSlice(used, aligned);
    used += aligned;
    return new TokenGroup(room, width, count);
  }
}
