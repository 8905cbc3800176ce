/**
 * What every reader of weights needs: mapped files, strict JSON and text files, data types, bounds.
 *
 * <p>May import: core. Any thread; a mapped file may be closed by one of its users only.
 */
@NullMarked
package io.talchum.weights;

import org.jspecify.annotations.NullMarked;
