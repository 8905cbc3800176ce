/**
 * The blocks of numbers of GGUF files and packages, and how they become fp32.
 *
 * <p>May import: weights. Stateless; any thread.
 */
@NullMarked
package io.talchum.weights.block;

import org.jspecify.annotations.NullMarked;
