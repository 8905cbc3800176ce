package io.talchum.model.onnx;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.OnnxGraph.Attribute;
import io.talchum.weights.Encoding;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.PackedTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes the decoder of a model package as an ONNX graph for a set of features.
 *
 * <p>Activations are [B, S, width] throughout: a decode step has S = 1 and one row per slot, a
 * prefill has B = 1, so that no node only changes a shape. Names of inputs and outputs are
 * constants of this class or made by its static methods.
 */
final class DecoderGraph {
  static final String EMBEDDINGS = "embeddings";
  static final String PAST_LENGTHS = "seqlens_k";
  static final String TOTAL_LENGTH = "total_length";
  static final String LOGIT_POSITIONS = "logit_positions";
  static final String LOGITS = "logits";

  private static final long ACCURACY_FLOAT32 = 1;
  private static final long ACCURACY_INT8 = 4;

  private final ModelPackage weights;
  private final ModelSpec spec;
  private final Set<GraphFeature> features;
  private final ExecutorOptions options;
  private final OnnxGraph graph;
  private final Map<String, String> blockSums = new HashMap<>();

  private DecoderGraph(ModelPackage weights, Set<GraphFeature> features, ExecutorOptions options) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.features = features;
    this.options = options;
    this.graph = new OnnxGraph(weights.weightsFile().getFileName().toString());
  }

  static OnnxGraph build(
      ModelPackage weights, Set<GraphFeature> features, ExecutorOptions options) {
    DecoderGraph decoder = new DecoderGraph(weights, features, options);
    decoder.decoder();
    return decoder.graph;
  }

  static String pastKey(int layer) {
    return "past_key." + layer;
  }

  static String pastValue(int layer) {
    return "past_value." + layer;
  }

  static String presentKey(int layer) {
    return "present_key." + layer;
  }

  static String presentValue(int layer) {
    return "present_value." + layer;
  }

  private void decoder() {
    graph.input(EMBEDDINGS, ElementType.FLOAT, "B", "S", spec.hiddenSize());
    graph.input(PAST_LENGTHS, ElementType.INT32, "B");
    graph.input(TOTAL_LENGTH, ElementType.INT32);
    graph.input(LOGIT_POSITIONS, ElementType.INT64, "N");
    rotaryTables();
    String residual = EMBEDDINGS;
    String normed =
        graph.node(
            "SimplifiedLayerNormalization",
            List.of(residual, vector("layers.0.input_norm")),
            "normed.0",
            Attribute.of("epsilon", spec.normEpsilon()),
            Attribute.of("axis", -1),
            Attribute.of("stash_type", 1));
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      String attended = attention(layer, normed);
      String middle = prefix + "residual_attention";
      String mlpInput = prefix + "mlp_input";
      addAndNorm(residual, attended, prefix + "post_attention_norm", mlpInput, middle);
      String mlp = mlp(layer, mlpInput);
      if (layer + 1 < spec.layers()) {
        residual = prefix + "residual_mlp";
        normed = "normed." + (layer + 1);
        addAndNorm(middle, mlp, "layers." + (layer + 1) + ".input_norm", normed, residual);
      } else {
        head(middle, mlp);
      }
    }
  }

  /** sum = a + b; normed = RMSNorm(sum). */
  private void addAndNorm(String a, String b, String norm, String normed, String sum) {
    graph.contributed(
        "SkipSimplifiedLayerNormalization",
        List.of(a, b, vector(norm)),
        List.of(normed, "", "", sum),
        Attribute.of("epsilon", spec.normEpsilon()));
  }

  private String attention(int layer, String input) {
    List<String> projected = group(layer, LinearGroup.QKV, input);
    List<String> in = new ArrayList<>(projected);
    while (in.size() < 3) {
      in.add("");
    }
    Object[] cache = {"B", spec.kvHeads(), options.contextTokens(), spec.headDim()};
    in.add(graph.input(pastKey(layer), ElementType.FLOAT, cache));
    in.add(graph.input(pastValue(layer), ElementType.FLOAT, cache));
    in.addAll(List.of(PAST_LENGTHS, TOTAL_LENGTH, "rotary_cos", "rotary_sin"));
    graph.output(presentKey(layer), ElementType.FLOAT, cache);
    graph.output(presentValue(layer), ElementType.FLOAT, cache);
    String attended = "layers." + layer + ".attended";
    graph.contributed(
        "GroupQueryAttention",
        in,
        List.of(attended, presentKey(layer), presentValue(layer)),
        Attribute.of("num_heads", spec.heads()),
        Attribute.of("kv_num_heads", spec.kvHeads()),
        Attribute.of("scale", (float) (1 / Math.sqrt(spec.headDim()))),
        Attribute.of("do_rotary", 1),
        Attribute.of("rotary_interleaved", 0),
        Attribute.of("local_window_size", -1));
    return group(layer, LinearGroup.O, attended).getFirst();
  }

  private String mlp(int layer, String input) {
    String prefix = "layers." + layer + ".";
    List<String> projected = group(layer, LinearGroup.GATE_UP, input);
    if (projected.size() == 1) {
      List<String> halves = List.of(prefix + "gate_out", prefix + "up_out");
      graph.node(
          "Split",
          List.of(
              projected.getFirst(),
              graph.constant("halves", spec.intermediateSize(), spec.intermediateSize())),
          halves,
          Attribute.of("axis", 2));
      projected = halves;
    }
    String silu = prefix + "silu";
    graph.contributed(
        "QuickGelu", List.of(projected.getFirst()), List.of(silu), Attribute.of("alpha", 1f));
    String gated = graph.node("Mul", List.of(silu, projected.get(1)), prefix + "gated");
    return group(layer, LinearGroup.DOWN, gated).getFirst();
  }

  private void head(String residual, String mlp) {
    String a = graph.node("Gather", List.of(residual, LOGIT_POSITIONS), "last_residual", axis(1));
    String b = graph.node("Gather", List.of(mlp, LOGIT_POSITIONS), "last_mlp", axis(1));
    graph.contributed(
        "SkipSimplifiedLayerNormalization",
        List.of(a, b, vector("norm")),
        List.of("final"),
        Attribute.of("epsilon", spec.normEpsilon()));
    PackedTensor table = weights.find("head").orElseGet(() -> weights.tensor("embed"));
    linear(table, Optional.empty(), "final", LOGITS);
    graph.output(LOGITS, ElementType.FLOAT, "B", "N", spec.vocabSize());
  }

  private static Attribute axis(int axis) {
    return Attribute.of("axis", axis);
  }

  /** Runs a group of linears: one value if they are stored as one matrix, else one per member. */
  private List<String> group(int layer, LinearGroup group, String input) {
    String prefix = "layers." + layer + ".";
    Optional<PackedTensor> fused = weights.find(prefix + group.tensor());
    List<String> base = new ArrayList<>();
    if (fused.isPresent()) {
      base.add(projected(prefix + group.tensor(), fused.get(), input));
    } else {
      for (Linear linear : group.members()) {
        String name = prefix + linear.name().toLowerCase(java.util.Locale.ROOT);
        base.add(projected(name, weights.tensor(name), input));
      }
    }
    return features.contains(GraphFeature.ADAPTERS) ? adapted(layer, group, input, base) : base;
  }

  private String projected(String name, PackedTensor matrix, String input) {
    return linear(matrix, weights.find(name + ".bias"), input, name + "_out");
  }

  /**
   * Hands the group's input and output to {@link AdapterKernel}, which adds what the rows' adapters
   * change.
   */
  private List<String> adapted(int layer, LinearGroup group, String input, List<String> base) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < base.size(); i++) {
      AdapterSite site =
          base.size() == 1
              ? AdapterSite.of(layer, group)
              : AdapterSite.of(layer, group.members().get(i));
      result.add(
          graph.custom(
              AdapterKernel.OPERATOR,
              List.of(input, base.get(i)),
              base.get(i) + ".adapted",
              Attribute.of(CustomOperator.NODE, site.number())));
    }
    return result;
  }

  /** y = x W^T + b for a matrix in any encoding. */
  private String linear(
      PackedTensor matrix, Optional<PackedTensor> bias, String input, String output) {
    return switch (matrix.encoding()) {
      case F32 -> {
        String product = bias.isPresent() ? output + ".product" : output;
        graph.contributed(
            "FusedMatMul",
            List.of(
                input,
                graph.weight(matrix.name(), ElementType.FLOAT, matrix.rows(), matrix.columns())),
            List.of(product),
            Attribute.of("transB", 1));
        yield bias.isEmpty()
            ? product
            : graph.node("Add", List.of(product, vector(bias.get().name())), output);
      }
      case INT8, INT4 -> quantized(matrix, bias, input, output);
      case INT4_OFFSET -> {
        String product = quantized(matrix, bias, input, output + ".product");
        String offsets =
            graph.weight(
                matrix.name() + ".offsets",
                ElementType.FLOAT,
                matrix.blocksPerRow(),
                matrix.rows());
        String shift =
            graph.node("MatMul", List.of(blockSums(input, matrix), offsets), output + ".shift");
        yield graph.node("Add", List.of(product, shift), output);
      }
    };
  }

  private String quantized(
      PackedTensor matrix, Optional<PackedTensor> bias, String input, String output) {
    int bits = matrix.encoding() == Encoding.INT8 ? 8 : 4;
    List<String> in = new ArrayList<>();
    in.add(input);
    in.add(
        graph.weight(
            matrix.name() + ".quants",
            ElementType.UINT8,
            matrix.rows(),
            matrix.blocksPerRow(),
            matrix.blockSize() * bits / 8));
    in.add(
        graph.weight(
            matrix.name() + ".scales", ElementType.FLOAT, matrix.rows(), matrix.blocksPerRow()));
    bias.ifPresent(b -> in.addAll(List.of("", "", vector(b.name()))));
    graph.contributed(
        "MatMulNBits",
        in,
        List.of(output),
        Attribute.of("K", matrix.columns()),
        Attribute.of("N", matrix.rows()),
        Attribute.of("bits", bits),
        Attribute.of("block_size", matrix.blockSize()),
        Attribute.of(
            "accuracy_level", options.int8Activations() ? ACCURACY_INT8 : ACCURACY_FLOAT32));
    return output;
  }

  /**
   * [B, S, blocks]: the input summed over each block; linears that read the same input in blocks of
   * one size share it.
   */
  private String blockSums(String input, PackedTensor matrix) {
    return blockSums.computeIfAbsent(
        input + ".by" + matrix.blockSize(),
        x -> {
          String blocks =
              graph.node(
                  "Reshape",
                  List.of(
                      input,
                      graph.constant(
                          "blocks." + matrix.columns() + "." + matrix.blockSize(),
                          0,
                          0,
                          matrix.blocksPerRow(),
                          matrix.blockSize())),
                  x + ".blocks");
          return graph.node(
              "ReduceSum",
              List.of(blocks, graph.constant("last_axis", -1)),
              x + ".block_sums",
              Attribute.of("keepdims", 0));
        });
  }

  private String vector(String name) {
    return graph.weight(name, ElementType.FLOAT, weights.tensor(name).rows());
  }

  private void rotaryTables() {
    List<Double> frequencies = spec.rope().inverseFrequencies();
    int contextTokens = options.contextTokens();
    int pairs = frequencies.size();
    float[] cos = new float[contextTokens * pairs];
    float[] sin = new float[contextTokens * pairs];
    for (int position = 0; position < contextTokens; position++) {
      for (int pair = 0; pair < pairs; pair++) {
        double angle = position * frequencies.get(pair);
        cos[position * pairs + pair] = (float) (Math.cos(angle) * spec.rope().attentionFactor());
        sin[position * pairs + pair] = (float) (Math.sin(angle) * spec.rope().attentionFactor());
      }
    }
    graph.constant("rotary_cos", cos, contextTokens, pairs);
    graph.constant("rotary_sin", sin, contextTokens, pairs);
  }
}
