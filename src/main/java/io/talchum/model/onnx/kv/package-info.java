/**
 * The KV cache in host memory: slots, scales of an int8 cache, virtual keys and values.
 *
 * <p>May import: core, weights.pack, adapter, model.onnx.ort, model.onnx.math.
 *
 * <p>Threads: {@link io.talchum.model.onnx.kv.KvSlots} belongs to the engine thread; the rest is
 * immutable.
 */
@NullMarked
package io.talchum.model.onnx.kv;

import org.jspecify.annotations.NullMarked;
