/**
 * What a step is fed with, whatever it runs on: arguments, bound tensors, embeddings of tokens.
 *
 * <p>May import: core, weights.pack, model.onnx.ort, model.onnx.math.
 *
 * <p>Threads: Engine thread.
 */
@NullMarked
package io.talchum.model.onnx.step;

import org.jspecify.annotations.NullMarked;
