package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Elements of {@code choices} of a completion. */
sealed interface CompletionChoice {
  /** A whole choice, or the last piece of one. */
  record Ended(
      int index,
      String text,
      @Nullable Logprobs logprobs,
      @JsonProperty("finish_reason") String finishReason,
      @JsonProperty("stop_reason") @Nullable String stopReason)
      implements CompletionChoice {}

  /** A streamed piece. */
  record Piece(
      int index,
      String text,
      @Nullable Logprobs logprobs,
      @JsonProperty("finish_reason") @Nullable String finishReason)
      implements CompletionChoice {
    Piece(int index, String text, @Nullable Logprobs logprobs) {
      this(index, text, logprobs, null);
    }
  }

  /**
   * Log-probabilities, in lists of equal length.
   *
   * @param tokenLogprobs null for a prompt's first token
   * @param topLogprobs by token, the token itself among them; null for a prompt's first token
   * @param textOffsets where each token begins in the text, characters
   */
  record Logprobs(
      List<String> tokens,
      @JsonProperty("token_logprobs") List<@Nullable Float> tokenLogprobs,
      @JsonProperty("top_logprobs") List<@Nullable Map<String, Float>> topLogprobs,
      @JsonProperty("text_offset") int[] textOffsets) {}
}
