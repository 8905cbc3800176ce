package io.talchum.model.onnx;

import io.talchum.model.onnx.OnnxGraph.Attribute;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.util.List;

/** Linears by {@link LinearKernel}, which leaves the product with fp32 matrices to ONNX Runtime. */
final class KernelLinearNodes implements LinearNodes {
  private final OnnxGraph graph;

  KernelLinearNodes(OnnxGraph graph) {
    this.graph = graph;
  }

  @Override
  public String project(
      PackedTensor matrix, AdapterSite site, int members, String input, String output) {
    if (!site.isHead()) {
      graph.shape(output, ElementType.FLOAT, "B", "S", matrix.rows());
    }
    Attribute number = Attribute.of(CustomOperator.NODE, site.number());
    if (matrix.encoding() != Encoding.F32) {
      return graph.custom(LinearKernel.LINEAR, List.of(input), output, number);
    }
    String product = site.isHead() ? "head.product" : output + ".product";
    graph.contributed(
        "FusedMatMul",
        List.of(
            input, graph.weight(matrix.name(), ElementType.FLOAT, matrix.rows(), matrix.columns())),
        List.of(product),
        Attribute.of("transB", 1));
    return graph.custom(LinearKernel.ADAPT, List.of(input, product), output, number);
  }
}
