/**
 * Safetensors and GGUF readers, data types, quantized blocks, and the model package on disk.
 *
 * <p>May import: core.
 */
@NullMarked
package io.talchum.weights;

import org.jspecify.annotations.NullMarked;
