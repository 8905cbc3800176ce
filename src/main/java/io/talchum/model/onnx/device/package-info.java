/**
 * The decoder on a device (a GPU, or the host in tests): weights, KV cache, adapters and logits
 * stay there.
 *
 * <p>May import: core, weights.quantize, weights.pack, adapter, model, model.onnx.ort,
 * model.onnx.graph, model.onnx.step, model.onnx.prepare.
 *
 * <p>Threads: Engine thread, but for the device's memory and the preparation of adapters, which any
 * thread may use.
 */
@NullMarked
package io.talchum.model.onnx.device;

import org.jspecify.annotations.NullMarked;
