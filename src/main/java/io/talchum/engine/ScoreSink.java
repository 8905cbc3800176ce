package io.talchum.engine;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Waits for the scores of one {@link ScoreRequest}. Engine thread. */
final class ScoreSink implements GenerationSink {
  private final CompletableFuture<float[]> scores = new CompletableFuture<>();
  private float[] logprobs = {};

  CompletableFuture<float[]> scores() {
    return scores;
  }

  @Override
  public void onPrompt(List<TokenLogprob> prompt) {
    logprobs = new float[prompt.size()];
    for (int i = 0; i < logprobs.length; i++) {
      logprobs[i] = prompt.get(i).logprob();
    }
  }

  @Override
  public void onToken(TokenEvent event) {
    throw new ServeException(ErrorCode.INTERNAL, "a score generated a token");
  }

  @Override
  public void onFinish(GenerationResult result) {
    scores.complete(logprobs);
  }

  @Override
  public void onError(ServeException error) {
    scores.completeExceptionally(error);
  }
}
