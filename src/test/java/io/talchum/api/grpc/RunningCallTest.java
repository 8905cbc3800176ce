package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.talchum.core.Caller;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class RunningCallTest {
  private final FakeObserver out = new FakeObserver();
  private final RunningCall<String> call = new RunningCall<>(out, Caller.ANONYMOUS, null);

  @Test
  void sendsAndCompletes() {
    call.run(c -> c.send("a"));
    assertThat(out.seen).containsExactly("a", "completed");
  }

  @Test
  void waitsWhileTheClientIsNotReady() throws InterruptedException {
    out.ready = false;
    Thread thread = Thread.ofVirtual().start(() -> call.run(c -> c.send("a")));
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(out.seen).isEmpty();
    out.ready = true;
    out.onReady.run();
    thread.join();
    assertThat(out.seen).containsExactly("a", "completed");
  }

  @Test
  void cancellationEndsTheWaitWithoutAnAnswer() throws InterruptedException {
    out.ready = false;
    Thread thread = Thread.ofVirtual().start(() -> call.run(c -> c.send("a")));
    out.onCancel.run();
    thread.join();
    assertThat(out.seen).isEmpty();
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
