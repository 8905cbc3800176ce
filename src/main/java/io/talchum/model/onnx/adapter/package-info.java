/**
 * Adapters while they run on the CPU: what they change at each place of the graph, for the rows of
 * a step.
 *
 * <p>May import: core, weights.pack, adapter, model.onnx.ort, model.onnx.math, model.onnx.kv,
 * model.onnx.graph, model.onnx.step.
 *
 * <p>Threads: The engine thread sets a step up; the threads of ONNX Runtime's pool share its work.
 * What an adapter consists of is immutable.
 */
@NullMarked
package io.talchum.model.onnx.adapter;

import org.jspecify.annotations.NullMarked;
