package io.talchum.model.onnx.graph;

import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.util.List;

/**
 * Linears by operators that ONNX Runtime has on devices, too. Weights by block go to MatMulNBits;
 * what a block adds to each weight is multiplied with the sum of the block's inputs.
 */
public final class StandardLinearNodes implements LinearNodes {
  /** After a matrix's name: u8 [rows, blocks, bytes], [rows, blocks], [blocks, rows]. */
  public static final String QUANTS = ".quants";

  public static final String SCALES = ".scales";
  public static final String OFFSETS = ".offsets";

  private final OnnxGraph graph;
  private final ModelPackage weights;
  private final GraphForm.Standard form;
  private final ElementType number;

  StandardLinearNodes(OnnxGraph graph, ModelPackage weights, GraphForm.Standard form) {
    this.graph = graph;
    this.weights = weights;
    this.form = form;
    this.number = form.number();
  }

  /** Input of the graph: of each row, what maps the site's input to its ranks, [B, in, ranks]. */
  public static String down(int site) {
    return "adapter_down." + site;
  }

  /** Input of the graph: of each row, what maps the ranks to the site's output, [B, ranks, out]. */
  public static String up(int site) {
    return "adapter_up." + site;
  }

  @Override
  public String project(
      PackedTensor matrix, AdapterSite site, int members, String input, String output) {
    boolean biased = weights.find(matrix.name() + ".bias").isPresent();
    boolean adapted = form.rank() > 0 && !site.isHead();
    String y = product(matrix, input, biased || adapted ? output + ".product" : output);
    if (biased) {
      String bias = graph.weight(matrix.name() + ".bias", number, matrix.rows());
      y = graph.node("Add", List.of(y, bias), adapted ? output + ".base" : output);
    }
    return adapted ? adapt(matrix, site, (long) members * form.rank(), input, y, output) : y;
  }

  private String adapt(
      PackedTensor matrix, AdapterSite site, long ranks, String x, String y, String output) {
    String down = graph.input(down(site.number()), number, "B", matrix.columns(), ranks);
    String up = graph.input(up(site.number()), number, "B", ranks, matrix.rows());
    String low = graph.node("MatMul", List.of(x, down), output + ".low");
    String delta = graph.node("MatMul", List.of(low, up), output + ".delta");
    return graph.node("Add", List.of(y, delta), output);
  }

  private String product(PackedTensor matrix, String x, String output) {
    return switch (matrix.encoding()) {
      case F32 -> {
        String w = graph.weight(matrix.name(), number, matrix.rows(), matrix.columns());
        graph.contributed("FusedMatMul", List.of(x, w), List.of(output), Attribute.of("transB", 1));
        yield output;
      }
      case INT8, INT4 -> byBlocks(matrix, x, output);
      case INT8_OFFSET, INT4_OFFSET -> {
        String scaled = byBlocks(matrix, x, output + ".scaled");
        yield graph.node("Add", List.of(scaled, offsets(matrix, x, output)), output);
      }
    };
  }

  private String byBlocks(PackedTensor matrix, String x, String output) {
    Encoding encoding = matrix.encoding();
    int blocks = matrix.blocksPerRow();
    int rows = matrix.rows();
    String quants =
        graph.weight(
            matrix.name() + QUANTS,
            ElementType.UINT8,
            rows,
            blocks,
            encoding.quantBytes(matrix.blockSize()));
    String scales = graph.weight(matrix.name() + SCALES, number, rows, blocks);
    graph.contributed(
        "MatMulNBits",
        List.of(x, quants, scales),
        List.of(output),
        Attribute.of("K", matrix.columns()),
        Attribute.of("N", rows),
        Attribute.of("bits", encoding.bits()),
        Attribute.of("block_size", matrix.blockSize()));
    return output;
  }

  /** The sums of the input's blocks times the blocks' offsets. */
  private String offsets(PackedTensor matrix, String x, String output) {
    int blocks = matrix.blocksPerRow();
    int size = matrix.blockSize();
    if (blocks * size != matrix.columns()) {
      throw new IllegalStateException(matrix.name() + " has a part of a block at its rows' ends");
    }
    String sums =
        graph.node(
            "ReduceSum",
            List.of(
                graph.node(
                    "Reshape",
                    List.of(x, graph.constant("blocks." + blocks + "." + size, 0, 0, blocks, size)),
                    output + ".blocks"),
                graph.constant("last_axis", -1)),
            output + ".sums",
            Attribute.of("keepdims", 0));
    String weight = graph.weight(matrix.name() + OFFSETS, number, blocks, matrix.rows());
    return graph.node("MatMul", List.of(sums, weight), output + ".offsets");
  }
}
