/**
 * Which format a matrix gets, and the search for the numbers that lose least.
 *
 * <p>May import: core, weights.block, weights.checkpoint. Stateless; any thread.
 */
@NullMarked
package io.talchum.weights.quantize;

import org.jspecify.annotations.NullMarked;
