/**
 * Hugging Face folders as checkpoints: config.json to ModelSpec, safetensors, texts.
 *
 * <p>May import: core, weights, weights.block, weights.safetensors, weights.checkpoint. A folder is
 * opened by one thread and read by any.
 */
@NullMarked
package io.talchum.weights.hf;

import org.jspecify.annotations.NullMarked;
