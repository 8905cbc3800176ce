/**
 * Pure functions from a row of logits to a token.
 *
 * <p>May import: core.
 */
@NullMarked
package io.talchum.engine.sampling;

import org.jspecify.annotations.NullMarked;
