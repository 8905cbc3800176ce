/**
 * GGUF files as checkpoints: reader, metadata to ModelSpec, tokenizer.
 *
 * <p>May import: core, weights, weights.block, weights.checkpoint. A file is opened by one thread
 * and read by any.
 */
@NullMarked
package io.talchum.weights.gguf;

import org.jspecify.annotations.NullMarked;
