/** Arithmetic on the CPU with the Vector API: quantized matrices in panels, and their products. */
@NullMarked
package io.talchum.model.kernel;

import org.jspecify.annotations.NullMarked;
