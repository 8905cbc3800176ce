/**
 * PEFT readers that turn an adapter folder into adapter primitives; the registry with leases.
 *
 * <p>May import: core, weights.
 */
@NullMarked
package io.talchum.adapter;

import org.jspecify.annotations.NullMarked;
