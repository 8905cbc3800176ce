package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Keeps all events and insists on their order. */
class RecordingSink implements GenerationSink {
  final List<TokenEvent> tokens = new ArrayList<>();
  private volatile @Nullable AssertionError violation;
  private final CountDownLatch ended = new CountDownLatch(1);
  volatile @Nullable List<TokenLogprob> prompt;
  volatile @Nullable GenerationResult result;
  volatile @Nullable ServeException error;

  @Override
  public void onPrompt(List<TokenLogprob> prompt) {
    requireOpen();
    if (this.prompt != null || !tokens.isEmpty()) {
      throw violated("onPrompt twice or late");
    }
    this.prompt = prompt;
  }

  @Override
  public void onToken(TokenEvent event) {
    requireOpen();
    tokens.add(event);
  }

  @Override
  public void onFinish(GenerationResult result) {
    requireOpen();
    this.result = result;
    ended.countDown();
  }

  @Override
  public void onError(ServeException error) {
    requireOpen();
    this.error = error;
    ended.countDown();
  }

  boolean hasEnded() {
    AssertionError known = violation;
    if (known != null) {
      throw known;
    }
    return ended.getCount() == 0;
  }

  RecordingSink await() {
    try {
      if (!ended.await(Duration.ofSeconds(30).toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("no terminal event");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return this;
  }

  /** The result; the request must have completed. */
  GenerationResult finished() {
    GenerationResult known = result;
    if (known == null) {
      throw new AssertionError("not completed, error: " + error);
    }
    return known;
  }

  /** The code of the error; the request must have failed. */
  ErrorCode failedWith() {
    ServeException known = error;
    if (known == null) {
      throw new AssertionError("not failed, result: " + result);
    }
    return known.code();
  }

  List<Integer> tokenIds() {
    return tokens.stream().map(TokenEvent::tokenId).toList();
  }

  /** The deltas joined. */
  String text() {
    StringBuilder text = new StringBuilder();
    tokens.forEach(event -> text.append(event.textDelta()));
    GenerationResult known = result;
    return known == null ? text.toString() : text.append(known.textDelta()).toString();
  }

  private void requireOpen() {
    if (ended.getCount() == 0) {
      throw violated("an event after the terminal one");
    }
  }

  /** Told by {@link #hasEnded} too: the engine survives sinks that throw. */
  private AssertionError violated(String what) {
    AssertionError error = new AssertionError(what);
    violation = error;
    return error;
  }
}
