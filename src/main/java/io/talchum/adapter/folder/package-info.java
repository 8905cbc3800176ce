/**
 * The files of an adapter folder, whoever wrote it: found, confined, bounded.
 *
 * <p>May import: core, weights, weights.safetensors, adapter.
 */
@NullMarked
package io.talchum.adapter.folder;

import org.jspecify.annotations.NullMarked;
