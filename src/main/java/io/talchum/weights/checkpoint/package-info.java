/**
 * A model as its source describes it, whatever the format: families, tensor names, texts,
 * tokenizer.
 *
 * <p>May import: core, weights, weights.block. A checkpoint is read by any thread and closed by the
 * one that opened it.
 */
@NullMarked
package io.talchum.weights.checkpoint;

import org.jspecify.annotations.NullMarked;
