package io.talchum.core;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request with all that became of it, as it is recorded: the very tokens that were read and
 * generated, by which versions, with which probability.
 *
 * @param id what the client sees as {@code id}
 * @param tenant whom the request was counted for
 * @param tags what the client said about it
 * @param versions the base and the adapters, with their weights
 * @param choices by index
 */
public record Interaction(
    String id,
    Instant created,
    String tenant,
    RequestTags tags,
    ModelVersions versions,
    List<Choice> choices) {

  public Interaction {
    choices = List.copyOf(choices);
  }

  /**
   * One sequence: a prompt and what was generated after it.
   *
   * @param id unique; the request's id with the index
   * @param sampling with this choice's own seed
   * @param completionTokenIds generated tokens, an ending one included, also of a sequence that
   *     failed or was cancelled
   * @param logprobs of each of them, nats, under the served model's own distribution (after
   *     penalties and bias, before temperature and truncation), shape [completionTokenIds]
   */
  public record Choice(
      String id,
      int index,
      int[] promptTokenIds,
      SamplingParams sampling,
      int[] completionTokenIds,
      float[] logprobs,
      Ending ending,
      Times times) {}

  /** How a sequence ended. */
  public sealed interface Ending {
    /**
     * By itself.
     *
     * @param cachedTokens prompt tokens that were not read again
     */
    record Finished(FinishReason reason, Optional<String> stopString, int cachedTokens)
        implements Ending {}

    /** By an error, or because its client went away: CANCELLED. */
    record Failed(ErrorCode code) implements Ending {}
  }

  /**
   * How long it took, from its submission.
   *
   * @param ttft to the first token; null without tokens
   * @param total to its end
   */
  public record Times(@Nullable Duration ttft, Duration total) {}
}
