package io.talchum.bench;

import java.util.List;

/**
 * What came back on a connection, and when.
 *
 * @param sentNanos just before the request was written
 * @param reads in order of arrival
 */
record Recording(long sentNanos, List<Read> reads) {
  Recording {
    reads = List.copyOf(reads);
  }

  /** Bytes of one read of the socket; never written to again. */
  static final class Read {
    private final long nanos;
    private final byte[] bytes;

    Read(long nanos, byte[] bytes) {
      this.nanos = nanos;
      this.bytes = bytes;
    }

    /** When it returned. */
    long nanos() {
      return nanos;
    }

    byte[] bytes() {
      return bytes;
    }
  }
}
