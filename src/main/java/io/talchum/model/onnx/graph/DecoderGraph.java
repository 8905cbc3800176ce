package io.talchum.model.onnx.graph;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.core.ScaleSpec;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import java.util.List;

/**
 * Writes the decoder of a model package as an ONNX graph.
 *
 * <p>Activations are [B, S, width] throughout: a decode step has S = 1 and one row per slot, a
 * prefill has B = 1, so that no node only changes a shape. Names of inputs and outputs are
 * constants of this class or made by its static methods.
 */
public final class DecoderGraph {
  public static final String EMBEDDINGS = "embeddings";
  public static final String PAST_LENGTHS = "seqlens_k";
  public static final String TOTAL_LENGTH = "total_length";
  public static final String LOGIT_POSITIONS = "logit_positions";
  public static final String LOGITS = "logits";

  /** i64 [B, S]: each token's row in the rotary tables, where that is not its position. */
  public static final String ROTARY_POSITIONS = "rotary_positions";

  /** Outputs of a {@link GraphForm.Standard} graph: each row's likeliest tokens, best first. */
  public static final String CANDIDATE_LOGITS = "candidate_logits";

  public static final String CANDIDATE_IDS = "candidate_ids";

  private final ModelPackage weights;
  private final ModelSpec spec;
  private final GraphForm form;
  private final OnnxGraph graph;
  private final NormNodes norms;
  private final HiddenStateNodes hiddenStates;
  private final LinearNodes linears;
  private final GroupNodes groups;
  private final AttentionNodes attention;

  private DecoderGraph(ModelPackage weights, GraphForm form) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.form = form;
    this.graph = new OnnxGraph(weights.weightsFile().getFileName().toString());
    boolean extended = form instanceof GraphForm.Kernels kernels && kernels.extended();
    this.hiddenStates = new HiddenStateNodes(graph, spec, extended);
    this.norms = new NormNodes(graph, spec, form.number(), hiddenStates);
    this.linears =
        switch (form) {
          case GraphForm.Kernels kernels -> new KernelLinearNodes(graph);
          case GraphForm.Standard standard -> new StandardLinearNodes(graph, weights, standard);
        };
    this.groups = new GroupNodes(graph, weights, linears);
    this.attention = new AttentionNodes(graph, spec, form, groups, norms, hiddenStates);
  }

  public static OnnxGraph build(ModelPackage weights, GraphForm form) {
    DecoderGraph decoder = new DecoderGraph(weights, form);
    decoder.decoder();
    return decoder.graph;
  }

  public static String pastKey(int layer) {
    return "past_key." + layer;
  }

  public static String pastValue(int layer) {
    return "past_value." + layer;
  }

  public static String presentKey(int layer) {
    return "present_key." + layer;
  }

  public static String presentValue(int layer) {
    return "present_value." + layer;
  }

  public static String keyScale(int layer) {
    return "key_scale." + layer;
  }

  public static String valueScale(int layer) {
    return "value_scale." + layer;
  }

  public static long[] scaleShape(ModelSpec spec) {
    return new long[] {1, spec.kvHeads(), 1, spec.headDim()};
  }

  private void decoder() {
    graph.input(EMBEDDINGS, ElementType.FLOAT, "B", "S", spec.hiddenSize());
    graph.input(PAST_LENGTHS, ElementType.INT32, "B");
    graph.input(TOTAL_LENGTH, ElementType.INT32);
    graph.input(LOGIT_POSITIONS, ElementType.INT64, "N");
    if (RotaryTables.areReadByOwnNodes(spec)) {
      graph.input(ROTARY_POSITIONS, ElementType.INT64, "B", "S");
    }
    NormNodes.Stream stream = norms.begin(numbers(EMBEDDINGS));
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      String output =
          hiddenStates.after(
              HiddenStateSite.of(layer, HiddenStateSite.Kind.ATTENTION_OUTPUT),
              stream.residual(),
              attention.attention(layer, stream.input()));
      String attended = norms.change(output, layer, Norm.ATTENTION_OUTPUT);
      stream =
          norms.add(
              stream,
              attended,
              layer,
              Norm.MLP_INPUT,
              prefix + "residual_attention",
              prefix + "mlp_input");
      output =
          hiddenStates.after(
              HiddenStateSite.of(layer, HiddenStateSite.Kind.MLP_OUTPUT),
              stream.residual(),
              mlp(layer, stream.input()));
      String mlp =
          hiddenStates.after(
              HiddenStateSite.of(layer, HiddenStateSite.Kind.STREAM),
              stream.residual(),
              norms.change(output, layer, Norm.MLP_OUTPUT));
      int next = layer + 1;
      if (next < spec.layers()) {
        stream =
            norms.add(stream, mlp, next, Norm.INPUT, prefix + "residual_mlp", "normed." + next);
      } else {
        head(stream.residual(), mlp);
      }
    }
  }

  private String mlp(int layer, String input) {
    String prefix = "layers." + layer + ".";
    List<String> projected = groups.run(layer, LinearGroup.GATE_UP, input);
    if (!spec.mlp().gated()) {
      return groups.run(layer, LinearGroup.DOWN, activated(layer, projected.getFirst())).getFirst();
    }
    List<String> parts =
        groups.parts(
            projected,
            List.of(prefix + "gate_out", prefix + "up_out"),
            List.of(Linear.GATE, Linear.UP));
    String gated =
        graph.node("Mul", List.of(activated(layer, parts.get(0)), parts.get(1)), prefix + "gated");
    return groups.run(layer, LinearGroup.DOWN, gated).getFirst();
  }

  private String activated(int layer, String x) {
    String out = "layers." + layer + ".activated";
    switch (spec.mlp().activation()) {
      case SILU ->
          graph.contributed("QuickGelu", List.of(x), List.of(out), Attribute.of("alpha", 1f));
      case GELU_TANH -> graph.contributed("FastGelu", List.of(x), List.of(out));
    }
    return out;
  }

  private void head(String residual, String mlp) {
    String a = graph.node("Gather", List.of(residual, LOGIT_POSITIONS), "last_residual", axis(1));
    String b = graph.node("Gather", List.of(mlp, LOGIT_POSITIONS), "last_mlp", axis(1));
    PackedTensor table = weights.find("head").orElseGet(() -> weights.tensor("embed"));
    ScaleSpec scales = spec.scales();
    boolean plain = scales.logitDivisor() == 1 && scales.logitSoftcap() == 0;
    boolean whole = form.number() == ElementType.FLOAT;
    AdapterSite site = AdapterSite.head(spec.layers());
    String product =
        linears.project(table, site, 1, norms.last(a, b), plain && whole ? LOGITS : "head_out");
    if (!whole) {
      product =
          graph.node(
              "Cast",
              List.of(product),
              plain ? LOGITS : "head_floats",
              Attribute.of("to", ElementType.FLOAT.onnx()));
    }
    if (!plain) {
      capped(product, scales);
    }
    graph.output(LOGITS, ElementType.FLOAT, "B", "N", spec.vocabSize());
    if (form instanceof GraphForm.Standard standard && standard.candidates() > 0) {
      candidates(standard.candidates());
    }
  }

  private void candidates(int count) {
    graph.node(
        "TopK",
        List.of(LOGITS, graph.constant("candidates", count)),
        List.of(CANDIDATE_LOGITS, CANDIDATE_IDS),
        axis(2));
    graph.output(CANDIDATE_LOGITS, ElementType.FLOAT, "B", "N", count);
    graph.output(CANDIDATE_IDS, ElementType.INT64, "B", "N", count);
  }

  /** A float value as the graph's activations are. */
  private String numbers(String floats) {
    return form.number() == ElementType.FLOAT
        ? floats
        : graph.node(
            "Cast", List.of(floats), floats + ".numbers", Attribute.of("to", form.number().onnx()));
  }

  /** LOGITS = c tanh(logits / c) or logits / divisor. */
  private void capped(String logits, ScaleSpec scales) {
    float cap = scales.logitSoftcap();
    if (cap == 0) {
      String divisor = number("logit_divisor", scales.logitDivisor());
      graph.node("Div", List.of(logits, divisor), LOGITS);
      return;
    }
    String divisor = number("logit_divisor", scales.logitDivisor() * cap);
    String divided = graph.node("Div", List.of(logits, divisor), "logits_divided");
    String tanh = graph.node("Tanh", List.of(divided), "logits_tanh");
    graph.node("Mul", List.of(tanh, number("logit_softcap", cap)), LOGITS);
  }

  private String number(String name, float value) {
    return graph.scalar(name, value, ElementType.FLOAT);
  }

  private static Attribute axis(int axis) {
    return Attribute.of("axis", axis);
  }
}
