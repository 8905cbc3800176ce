/**
 * Adapter primitives, checked against the base and brought into the form in which they run.
 *
 * <p>May import: core, weights.quantize, weights.pack, adapter, model.onnx.math, model.onnx.kv,
 * model.onnx.graph, model.onnx.step, model.onnx.adapter.
 *
 * <p>Threads: Any thread; one preparation belongs to one thread.
 */
@NullMarked
package io.talchum.model.onnx.prepare;

import org.jspecify.annotations.NullMarked;
