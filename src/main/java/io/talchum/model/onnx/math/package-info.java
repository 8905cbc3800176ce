/**
 * Vectors and matrices of adapters in native memory, and the loops over them.
 *
 * <p>May import: core, adapter, model.kernel.
 *
 * <p>Threads: Pure functions and immutable data, for any thread; what has "scratch" or "tile" in
 * its name belongs to one thread.
 */
@NullMarked
package io.talchum.model.onnx.math;

import org.jspecify.annotations.NullMarked;
