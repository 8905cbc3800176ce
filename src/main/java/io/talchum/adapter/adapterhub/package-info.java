/**
 * Adapter folders of the AdapterHub library, and formats of our own, read to adapter primitives.
 *
 * <p>May import: core, weights.safetensors, adapter, adapter.folder.
 */
@NullMarked
package io.talchum.adapter.adapterhub;

import org.jspecify.annotations.NullMarked;
