package io.talchum.api.gate;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Sees to it that a body comes: in each interval at least a few bytes, but while the server itself
 * does not read on. Made, told and run on the request's event loop; {@link #pause} and {@link
 * #resume} on any thread.
 */
public final class BodyWatch {
  /** Less than this in an interval is no progress. */
  private static final int MIN_BYTES = 1024;

  private final Vertx vertx;
  private final Duration interval;
  private final Consumer<ServeException> stalled;
  private final long timer;
  private long bytes;
  private volatile boolean paused;
  private volatile boolean excused;

  public BodyWatch(Vertx vertx, Duration interval, Consumer<ServeException> stalled) {
    this.vertx = vertx;
    this.interval = interval;
    this.stalled = stalled;
    this.timer = vertx.setPeriodic(interval.toMillis(), tick -> check());
  }

  public void received(int more) {
    bytes += more;
  }

  /** The server does not read on. */
  public void pause() {
    paused = true;
    excused = true;
  }

  /** It does again. */
  public void resume() {
    paused = false;
  }

  /** The body is there, or nobody waits for it any more. */
  public void stop() {
    boolean unused = vertx.cancelTimer(timer);
  }

  private void check() {
    boolean progress = excused || bytes >= MIN_BYTES;
    excused = paused;
    bytes = 0;
    if (!progress) {
      stalled.accept(
          new ServeException(
              ErrorCode.REQUEST_TIMEOUT,
              "less than %d bytes of the body came within %d ms; send it without a break"
                  .formatted(MIN_BYTES, interval.toMillis())));
    }
  }
}
