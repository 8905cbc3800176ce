package io.talchum.api.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.virtual.threads.VirtualThreads;
import jakarta.inject.Singleton;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;

/** Runs each call on a virtual thread of its own. */
@Singleton
public class Calls {
  private final ExecutorService threads;

  public Calls(@VirtualThreads ExecutorService threads) {
    this.threads = threads;
  }

  /** Starts the work and returns; whatever it throws becomes the call's status. */
  <R> void run(StreamObserver<R> out, Consumer<RunningCall<R>> work) {
    RunningCall<R> call =
        new RunningCall<>(
            (ServerCallStreamObserver<R>) out, CallContext.caller(), CallContext.arrivedAt());
    threads.execute(() -> call.run(work));
  }
}
