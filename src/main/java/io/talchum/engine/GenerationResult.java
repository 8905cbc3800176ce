package io.talchum.engine;

import io.talchum.core.FinishReason;
import java.time.Duration;
import java.util.Optional;

/**
 * How a completed request ended.
 *
 * @param textDelta what was held back and can now be shown
 * @param stopString the stop string that ended it, if one did
 * @param promptTokens tokens of the prompt
 * @param cachedTokens how many of them came from the prefix cache
 * @param completionTokens generated tokens, the ending one included
 * @param modelTime how long, since its submission, the model ran (for whichever requests) or the
 *     request waited because every slot was taken
 */
public record GenerationResult(
    FinishReason finishReason,
    String textDelta,
    Optional<String> stopString,
    int promptTokens,
    int cachedTokens,
    int completionTokens,
    Duration modelTime) {}
