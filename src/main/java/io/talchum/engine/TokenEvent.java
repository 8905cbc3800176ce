package io.talchum.engine;

import org.jspecify.annotations.Nullable;

/**
 * One generated token.
 *
 * @param textDelta the text that can be shown after this token; empty while a character or a
 *     possible stop string is incomplete
 * @param logprob null unless the request or its sink asked for log-probabilities
 */
public record TokenEvent(int tokenId, String textDelta, @Nullable TokenLogprob logprob) {}
