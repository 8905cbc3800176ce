package io.talchum.model.onnx.graph;

import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.util.List;

/**
 * Linears by operators of our own, which leave the product with fp32 matrices to ONNX Runtime:
 * {@value #LINEAR}(x) = W x + b and what adapters change, for quantized W; {@value #ADAPT}(x, y) =
 * y + b and the same, where y = W x is there already.
 */
public final class KernelLinearNodes implements LinearNodes {
  public static final String LINEAR = "Linear";
  public static final String ADAPT = "AdaptLinear";

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
      return graph.custom(LINEAR, List.of(input), output, number);
    }
    String product = site.isHead() ? "head.product" : output + ".product";
    graph.contributed(
        "FusedMatMul",
        List.of(
            input, graph.weight(matrix.name(), ElementType.FLOAT, matrix.rows(), matrix.columns())),
        List.of(product),
        Attribute.of("transB", 1));
    return graph.custom(ADAPT, List.of(input, product), output, number);
  }
}
