/**
 * Writes the decoder as an ONNX graph from the model package, and names the places in it where
 * adapters act.
 *
 * <p>Nothing here runs a model. Imports {@code ai.onnx.proto}.
 *
 * <p>May import: core, weights.quantize, weights.pack, model.onnx.ort.
 *
 * <p>Threads: A graph is written by one thread; sites and tables are immutable.
 */
@NullMarked
package io.talchum.model.onnx.graph;

import org.jspecify.annotations.NullMarked;
