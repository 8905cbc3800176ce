/**
 * From a row of logits to a token: adjustments, log-probabilities, truncation, draw.
 *
 * <p>May import core. All functions are pure, but adjustments are written into the row; per-request
 * state ({@link io.talchum.engine.sampling.TokenCounts}, {@link
 * io.talchum.engine.sampling.SeededStream}) belongs to the engine thread.
 */
@NullMarked
package io.talchum.engine.sampling;

import org.jspecify.annotations.NullMarked;
