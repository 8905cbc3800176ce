/**
 * What an adapter is: primitives, versions, leases, the registry, the adapters directory. Reading
 * folders is the packages' below.
 *
 * <p>May import: core, weights.pack.
 */
@NullMarked
package io.talchum.adapter;

import org.jspecify.annotations.NullMarked;
