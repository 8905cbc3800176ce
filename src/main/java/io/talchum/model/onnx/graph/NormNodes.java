package io.talchum.model.onnx.graph;

import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.ElementType;
import java.util.ArrayList;
import java.util.List;

/** Writes a decoder's norms; what a model does not have becomes no node. */
final class NormNodes {
  /** What the head reads; it has no tokens where none wants logits. */
  static final String LAST = "final";

  private final OnnxGraph graph;
  private final ModelSpec spec;
  private final ElementType number;
  private final HiddenStateNodes hiddenStates;

  NormNodes(OnnxGraph graph, ModelSpec spec, ElementType number, HiddenStateNodes hiddenStates) {
    this.graph = graph;
    this.spec = spec;
    this.number = number;
    this.hiddenStates = hiddenStates;
  }

  /**
   * The residual stream and the next half's input.
   *
   * @param input the same as the stream if the half has no norm before it
   */
  record Stream(String residual, String input) {}

  /** The stream before the first layer. */
  Stream begin(String embeddings) {
    if (!spec.norms().has(Norm.INPUT)) {
      return new Stream(embeddings, embeddings);
    }
    String normed = normed(embeddings, weight(0, Norm.INPUT), spec.hiddenSize(), "normed.0");
    return new Stream(
        embeddings, hiddenStates.after(HiddenStateSite.of(0, Norm.INPUT), embeddings, normed));
  }

  /**
   * residual + change, and its norm if the layer has that one.
   *
   * @param sum name of the new residual stream
   * @param normed name of what is normed
   */
  Stream add(Stream stream, String change, int layer, Norm norm, String sum, String normed) {
    if (!spec.norms().has(norm)) {
      String added = graph.node("Add", List.of(stream.residual(), change), sum);
      return new Stream(added, added);
    }
    addAndNorm(stream.residual(), change, weight(layer, norm), List.of(normed, "", "", sum));
    return new Stream(sum, hiddenStates.after(HiddenStateSite.of(layer, norm), sum, normed));
  }

  /** The last norm, of a + b. */
  String last(String a, String b) {
    if (!hiddenStates.areWritten()) {
      addAndNorm(a, b, "norm", List.of(LAST));
      return LAST;
    }
    addAndNorm(a, b, "norm", List.of(LAST, "", "", "last_sum"));
    return hiddenStates.after(HiddenStateSite.lastNorm(spec.layers()), "last_sum", LAST);
  }

  /** What a half adds to the stream: normed and scaled where the model does that. */
  String change(String output, int layer, Norm norm) {
    String change =
        spec.norms().has(norm)
            ? hiddenStates.after(
                HiddenStateSite.of(layer, norm),
                output,
                normed(output, weight(layer, norm), spec.hiddenSize(), output + ".normed"))
            : output;
    float scale = spec.scales().residual();
    return scale == 1
        ? change
        : graph.node(
            "Mul",
            List.of(change, graph.scalar("residual_scale", scale, number)),
            output + ".scaled");
  }

  /** Queries or keys [B, S, heads * headDim], normed where the model does that. */
  String heads(String x, int layer, Norm norm, int heads) {
    if (!spec.norms().has(norm)) {
      return x;
    }
    if (!spec.norms().perHead()) {
      return hiddenStates.after(
          HiddenStateSite.of(layer, norm),
          x,
          normed(x, weight(layer, norm), spec.size(norm), x + ".normed"));
    }
    String split =
        graph.node(
            "Reshape",
            List.of(x, graph.constant("heads." + heads, 0, 0, heads, spec.headDim())),
            x + ".heads");
    String normed =
        hiddenStates.after(
            HiddenStateSite.of(layer, norm),
            split,
            normed(split, weight(layer, norm), spec.headDim(), x + ".heads_normed"));
    return graph.node(
        "Reshape",
        List.of(normed, graph.constant("joined." + heads, 0, 0, (long) heads * spec.headDim())),
        x + ".normed");
  }

  private static String weight(int layer, Norm norm) {
    return "layers." + layer + "." + norm.tensor();
  }

  /** The norm of x over its last axis. */
  private String normed(String x, String weight, int size, String out) {
    Attribute epsilon = Attribute.of("epsilon", spec.norms().epsilon());
    Attribute axis = Attribute.of("axis", -1);
    Attribute type = Attribute.of("stash_type", 1);
    return switch (spec.norms().kind()) {
      case RMS ->
          graph.node(
              "SimplifiedLayerNormalization",
              parameters(x, weight, size),
              out,
              epsilon,
              axis,
              type);
      case LAYER ->
          graph.node("LayerNormalization", parameters(x, weight, size), out, epsilon, axis, type);
    };
  }

  private void addAndNorm(String a, String b, String weight, List<String> out) {
    List<String> in = new ArrayList<>(List.of(a));
    in.addAll(parameters(b, weight, spec.hiddenSize()));
    String operator =
        switch (spec.norms().kind()) {
          case RMS -> "SkipSimplifiedLayerNormalization";
          case LAYER -> "SkipLayerNormalization";
        };
    graph.contributed(operator, in, out, Attribute.of("epsilon", spec.norms().epsilon()));
  }

  /** The input, the weight, and the bias if there is one. */
  private List<String> parameters(String x, String weight, int size) {
    String w = graph.weight(weight, number, size);
    return spec.norms().hasBias()
        ? List.of(x, w, graph.weight(weight + ".bias", number, size))
        : List.of(x, w);
  }
}
