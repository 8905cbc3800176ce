package io.talchum.conditioning;

import io.talchum.text.ReasoningFormat;
import org.jspecify.annotations.Nullable;

/**
 * A chat as the model reads it.
 *
 * @param reasoning how the answer marks its thought; null if the template marks none
 */
public record RenderedChat(int[] tokenIds, @Nullable Reasoning reasoning) {

  /**
   * How the answer begins.
   *
   * @param opened whether the prompt has opened the thought already
   */
  public record Reasoning(ReasoningFormat format, boolean opened) {}
}
