package io.talchum.conditioning;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/** How many tokens a prompt may be continued with. */
final class ContextBudget {
  private final int contextTokens;

  ContextBudget(int contextTokens) {
    this.contextTokens = contextTokens;
  }

  /**
   * The tokens to generate.
   *
   * @param field the wire's name of the limit
   * @param asked null for as many as fit, but at most {@code otherwise}
   * @param virtualTokens that the adapter puts in front of the prompt
   * @throws ServeException CONTEXT_LENGTH_EXCEEDED, INVALID_REQUEST
   */
  int maxTokens(
      String field, @Nullable Integer asked, int otherwise, int promptTokens, int virtualTokens) {
    if (promptTokens == 0) {
      throw ServeException.invalid("prompt", "the prompt has no tokens; send at least one");
    }
    int room = contextTokens - promptTokens - virtualTokens;
    if (room < 1) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "prompt",
          "the prompt has %d tokens, but the context holds %d%s; shorten it to %d or less"
              .formatted(
                  promptTokens,
                  contextTokens,
                  virtualTokens == 0 ? "" : " less the adapter's %d".formatted(virtualTokens),
                  contextTokens - virtualTokens - 1));
    }
    if (asked == null) {
      return Math.min(otherwise, room);
    }
    if (asked < 1) {
      throw ServeException.invalid(
          field, "%s %d is out of range; choose 1 or more".formatted(field, asked));
    }
    if (asked > room) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          field,
          "%s %d exceeds %d − prompt %d%s; lower %s to %d or less"
              .formatted(
                  field,
                  asked,
                  contextTokens,
                  promptTokens,
                  virtualTokens == 0 ? "" : " − adapter %d".formatted(virtualTokens),
                  field,
                  room));
    }
    return asked;
  }
}
