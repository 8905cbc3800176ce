/**
 * Several adapters as one: their exact weighted sum for requests, and the combinations of PEFT's
 * {@code add_weighted_adapter} for versions of their own. Pure functions but for reading the parts.
 *
 * <p>May import: core, weights.safetensors, adapter, adapter.peft.
 */
@NullMarked
package io.talchum.adapter.mix;

import org.jspecify.annotations.NullMarked;
