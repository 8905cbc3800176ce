/**
 * Machine code that is assembled at run time: an encoder of the few instructions that the kernels
 * need, and memory in which they run.
 */
@NullMarked
package io.talchum.model.kernel.code;

import org.jspecify.annotations.NullMarked;
