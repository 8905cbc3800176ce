/**
 * ONNX Runtime itself, by its C API: sessions, tensors, and operators whose kernels are Java
 * methods.
 *
 * <p>The only package that calls ONNX Runtime; the others get typed objects.
 *
 * <p>May import: core.
 *
 * <p>Threads: Sessions and tensors are thread-safe; a kernel is called by the threads of ONNX
 * Runtime's pool.
 */
@NullMarked
package io.talchum.model.onnx.ort;

import org.jspecify.annotations.NullMarked;
