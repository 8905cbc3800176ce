package io.talchum.api.gate;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.concurrent.atomic.AtomicLong;

/** The memory for all bodies and messages that are in memory at the same time. Any thread. */
public final class BodyBudget {
  private final long bytes;
  private final AtomicLong used = new AtomicLong();

  public BodyBudget(long bytes) {
    this.bytes = bytes;
  }

  /** Nothing yet; whoever gets it closes it when the body is no longer held. */
  public Share share() {
    return new Share();
  }

  /** Bytes in use. */
  public long used() {
    return used.get();
  }

  /** What one request holds. */
  public final class Share implements AutoCloseable {
    private long held;
    private boolean closed;

    private Share() {}

    /**
     * Takes more.
     *
     * @throws ServeException OVERLOADED; what was taken before stays taken
     */
    public synchronized void take(long more) {
      if (closed) {
        return;
      }
      if (used.addAndGet(more) > bytes) {
        used.addAndGet(-more);
        throw new ServeException(
            ErrorCode.OVERLOADED,
            "bodies of requests fill the %d bytes that they may take together; try again later"
                .formatted(bytes));
      }
      held += more;
    }

    /** Gives some of it back. */
    public synchronized void give(long less) {
      if (!closed) {
        held -= less;
        used.addAndGet(-less);
      }
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        used.addAndGet(-held);
      }
    }
  }
}
