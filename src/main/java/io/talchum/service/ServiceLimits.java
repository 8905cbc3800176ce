package io.talchum.service;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of one request.
 *
 * @param choices most choices per prompt, the wire's {@code n}
 * @param prompts most prompts of one completion request
 * @param deadline from arrival to the last token, unless the caller says less; null for none
 */
public record ServiceLimits(int choices, int prompts, @Nullable Duration deadline) {}
