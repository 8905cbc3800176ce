/**
 * Safetensors files, read by mapping and written as a stream.
 *
 * <p>May import: core, weights. Any thread.
 */
@NullMarked
package io.talchum.weights.safetensors;

import org.jspecify.annotations.NullMarked;
