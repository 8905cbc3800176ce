/**
 * NVIDIA GPUs as devices: the CUDA runtime, its memory, and ONNX Runtime's CUDA provider.
 *
 * <p>May import: core, weights.pack, model, model.onnx.ort, model.onnx.device.
 *
 * <p>Threads: Any thread; calls of the CUDA runtime come one at a time.
 */
@NullMarked
package io.talchum.model.onnx.cuda;

import org.jspecify.annotations.NullMarked;
