/**
 * Adapter folders as PEFT writes them, read to adapter primitives.
 *
 * <p>May import: core, weights.safetensors, weights.checkpoint, adapter, adapter.folder.
 */
@NullMarked
package io.talchum.adapter.peft;

import org.jspecify.annotations.NullMarked;
