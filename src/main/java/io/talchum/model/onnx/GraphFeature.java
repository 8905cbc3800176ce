package io.talchum.model.onnx;

/**
 * What a graph can do beyond the base; a step runs the graph of the union of what its rows need.
 */
enum GraphFeature {
  /** Every linear's output passes {@link AdapterKernel}. */
  ADAPTERS
}
