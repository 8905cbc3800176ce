/**
 * The decoder on the CPU: the executor, its options, and the linears of its graph.
 *
 * <p>May import: core, weights.quantize, weights.pack, adapter, model, model.kernel and the
 * packages below this one but {@code device} and {@code cuda}.
 *
 * <p>Threads: The executor belongs to the engine thread; preparing adapters is for any thread; the
 * linears' work is shared by the threads of ONNX Runtime's pool.
 */
@NullMarked
package io.talchum.model.onnx;

import org.jspecify.annotations.NullMarked;
