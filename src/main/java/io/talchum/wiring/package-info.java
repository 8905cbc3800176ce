/**
 * The composition root: configuration, what is made once at start, health and metrics.
 *
 * <p>May import: everything.
 */
@NullMarked
package io.talchum.wiring;

import org.jspecify.annotations.NullMarked;
