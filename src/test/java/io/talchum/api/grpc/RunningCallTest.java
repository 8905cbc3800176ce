package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.talchum.core.Caller;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RunningCallTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MOST_WAITS = 60_000;

  private final AtomicReference<@Nullable ServeException> failure = new AtomicReference<>();
  private final FakeObserver out = new FakeObserver();
  private final RunningCall<String> call = new RunningCall<>(out, Caller.ANONYMOUS, null);

  @Test
  void sendsAndCompletes() {
    call.run(c -> c.send("a"));
    assertThat(out.seen).containsExactly("a", "completed");
  }

  @Test
  void waitsWhileTheClientIsNotReady() throws InterruptedException {
    Thread thread = sendsTwo();
    assertThat(out.seen).containsExactly("a");
    out.ready = true;
    out.onReady.run();
    assertThat(thread.join(PATIENCE)).isTrue();
    assertThat(out.seen).containsExactly("a", "b", "completed");
  }

  @Test
  void cancellationEndsTheWaitWithoutAnAnswer() throws InterruptedException {
    Thread thread = sendsTwo();
    out.onCancel.run();
    assertThat(thread.join(PATIENCE)).isTrue();
    assertThat(out.seen).containsExactly("a");
    assertThat(failure.get())
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
  }

  @Test
  void whatIsSentAfterACancellationIsRefused() {
    out.onCancel.run();
    call.run(this::sendA);
    assertThat(out.seen).isEmpty();
    assertThat(failure.get()).isNotNull();
  }

  /** The first message goes out, the second waits for the client. */
  private Thread sendsTwo() {
    Thread thread =
        Thread.ofVirtual()
            .start(
                () ->
                    call.run(
                        c -> {
                          sendA(c);
                          out.ready = false;
                          send(c, "b");
                        }));
    for (int i = 0; i < MOST_WAITS && thread.getState() != Thread.State.WAITING; i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(thread.getState()).isEqualTo(Thread.State.WAITING);
    return thread;
  }

  private void sendA(RunningCall<String> running) {
    send(running, "a");
  }

  private void send(RunningCall<String> running, String message) {
    try {
      running.send(message);
    } catch (ServeException e) {
      failure.set(e);
      throw e;
    }
  }

  @Test
  void refusalsBecomeStatuses() {
    call.run(
        c -> {
          throw new ServeException(ErrorCode.QUEUE_FULL, "full");
        });
    assertThat(out.seen).containsExactly("RESOURCE_EXHAUSTED: full");
  }

  @Test
  void defectsTellNothingButThatTheyAre() {
    call.run(
        c -> {
          throw new IllegalStateException("secret");
        });
    assertThat(out.seen).containsExactly("INTERNAL: the server has a defect; see its log");
  }

  /** Written by the call's thread; the flag by the test's. */
  private static final class FakeObserver extends ServerCallStreamObserver<String> {
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private volatile boolean ready = true;
    private Runnable onReady = () -> {};
    private Runnable onCancel = () -> {};

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void setOnReadyHandler(Runnable handler) {
      onReady = handler;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {
      onCancel = handler;
    }

    @Override
    public void onNext(String value) {
      seen.add(value);
    }

    @Override
    public void onError(Throwable t) {
      seen.add(String.valueOf(((StatusRuntimeException) t).getMessage()));
    }

    @Override
    public void onCompleted() {
      seen.add("completed");
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}
