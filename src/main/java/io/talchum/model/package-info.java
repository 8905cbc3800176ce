/**
 * The port between the engine and whatever runs the model.
 *
 * <p>May import: core, adapter.
 */
@NullMarked
package io.talchum.model;

import org.jspecify.annotations.NullMarked;
