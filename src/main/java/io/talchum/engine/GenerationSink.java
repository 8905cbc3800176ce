package io.talchum.engine;

import io.talchum.core.ServeException;
import java.util.List;

/**
 * Receives one request's events, all on the engine thread; implementations only hand them on and
 * never block.
 *
 * <p>Order: {@link #onPrompt} at most once, {@link #onToken} any number of times, then exactly one
 * of {@link #onFinish} and {@link #onError}. A call that throws counts as not made: the engine then
 * ends the request by {@link #onError}, and tries that once more if it throws too.
 */
public interface GenerationSink {
  /**
   * Whether each token is to come with its log-probability, also if the request's own parameters do
   * not ask for it; the same answer for the life of the request.
   */
  default boolean wantsLogprobs() {
    return false;
  }

  /** Log-probabilities of the prompt's tokens but the first; only if they were asked for. */
  void onPrompt(List<TokenLogprob> prompt);

  void onToken(TokenEvent event);

  void onFinish(GenerationResult result);

  void onError(ServeException error);
}
