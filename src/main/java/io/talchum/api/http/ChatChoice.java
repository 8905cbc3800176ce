package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Elements of {@code choices} of a chat. */
sealed interface ChatChoice {
  /** A whole choice. */
  record Whole(
      int index,
      Message message,
      @Nullable Logprobs logprobs,
      @JsonProperty("finish_reason") String finishReason,
      @JsonProperty("stop_reason") @Nullable String stopReason)
      implements ChatChoice {}

  /** A streamed piece. */
  record Piece(
      int index,
      Delta delta,
      @Nullable Logprobs logprobs,
      @JsonProperty("finish_reason") @Nullable String finishReason)
      implements ChatChoice {
    Piece(int index, Delta delta, @Nullable Logprobs logprobs) {
      this(index, delta, logprobs, null);
    }
  }

  /** The last piece. */
  record End(
      int index,
      Delta delta,
      @Nullable Logprobs logprobs,
      @JsonProperty("finish_reason") String finishReason,
      @JsonProperty("stop_reason") @Nullable String stopReason)
      implements ChatChoice {}

  /** The model's message. */
  record Message(
      String role,
      String content,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("reasoning_content")
          @Nullable String reasoningContent,
      @Nullable String refusal) {}

  /** What a piece adds to the message. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Delta(
      @Nullable String role,
      @Nullable String content,
      @JsonProperty("reasoning_content") @Nullable String reasoningContent) {
    static final Delta NOTHING = new Delta(null, null, null);
  }

  /** Log-probabilities of the tokens. */
  record Logprobs(List<Token> content, @Nullable String refusal) {}

  /**
   * A token.
   *
   * @param bytes numbers from 0 to 255
   */
  record Token(
      String token,
      float logprob,
      int[] bytes,
      @JsonProperty("top_logprobs") List<Candidate> topLogprobs) {}

  /** What the token might have been. */
  record Candidate(String token, float logprob, int[] bytes) {}
}
