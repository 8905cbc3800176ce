/**
 * Products of quantized matrices in integers: activations are rounded to one or two signed bytes
 * per number and block, and machine code that is assembled at run time multiplies.
 */
@NullMarked
package io.talchum.model.kernel.integer;

import org.jspecify.annotations.NullMarked;
