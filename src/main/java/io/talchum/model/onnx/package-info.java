/**
 * The decoder on ONNX Runtime
 *
 * <p>May import: graph builder, sessions, bindings, KV slots. The only package that imports {@code
 * ai.onnxruntime}.:core, weights, adapter, model.
 */
@NullMarked
package io.talchum.model.onnx;

import org.jspecify.annotations.NullMarked;
