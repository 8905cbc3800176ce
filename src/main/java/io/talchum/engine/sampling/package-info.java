/**
 * From a row of logits to a token: adjustments, constraints, log-probabilities, truncation, draw.
 *
 * <p>May import core. All functions are pure, but adjustments and masks are written into the row;
 * per-request state ({@link io.talchum.engine.sampling.TokenCounts}, {@link
 * io.talchum.engine.sampling.SequenceConstraints}, {@link io.talchum.engine.sampling.SeededStream})
 * belongs to the engine thread.
 */
@NullMarked
package io.talchum.engine.sampling;

import org.jspecify.annotations.NullMarked;
