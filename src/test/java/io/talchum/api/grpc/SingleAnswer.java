package io.talchum.api.grpc;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The one message that a call with a stream of requests answers with. */
final class SingleAnswer<R> implements StreamObserver<R> {
  private final CompletableFuture<R> answer = new CompletableFuture<>();

  @Override
  public void onNext(R message) {
    answer.complete(message);
  }

  @Override
  public void onError(Throwable failure) {
    answer.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    answer.completeExceptionally(new AssertionError("the call ended without an answer"));
  }

  /** Throws what the call ended with. */
  R await() {
    try {
      return answer.join();
    } catch (CompletionException e) {
      throw (RuntimeException) e.getCause();
    }
  }
}
