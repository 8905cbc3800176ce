package io.talchum.engine;

import io.talchum.core.FinishReason;
import java.util.Optional;

/**
 * How a completed request ended.
 *
 * @param textDelta what was held back and can now be shown
 * @param stopString the stop string that ended it, if one did
 * @param promptTokens tokens of the prompt
 * @param completionTokens generated tokens, the ending one included
 */
public record GenerationResult(
    FinishReason finishReason,
    String textDelta,
    Optional<String> stopString,
    int promptTokens,
    int completionTokens) {}
