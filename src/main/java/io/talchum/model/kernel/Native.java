package io.talchum.model.kernel;

import java.lang.foreign.MemorySegment;

/** All of the process's memory by address. */
final class Native {
  /**
   * Bounds are the callers' duty: a constant of one known class keeps the vector loops free of
   * checks.
   */
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private Native() {}
}
