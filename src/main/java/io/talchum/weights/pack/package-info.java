/**
 * The model package on disk: import, check, comparison with the source, and the folder of packages.
 *
 * <p>May import: core, weights and all its rooms but weights.safetensors. One thread per import,
 * which shares the work among its own; an open package is read by any.
 */
@NullMarked
package io.talchum.weights.pack;

import org.jspecify.annotations.NullMarked;
