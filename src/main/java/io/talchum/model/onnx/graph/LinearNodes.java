package io.talchum.model.onnx.graph;

import io.talchum.weights.pack.PackedTensor;

/** Writes the linears of a graph. */
interface LinearNodes {
  /**
   * y = W x + b + what the rows' adapters add.
   *
   * @param site where adapters change this matrix
   * @param members linears stored in the matrix
   * @param input [B, S, in]
   * @param output name of y [B, S, out]
   */
  String project(PackedTensor matrix, AdapterSite site, int members, String input, String output);
}
