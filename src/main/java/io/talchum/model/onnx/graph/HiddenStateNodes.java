package io.talchum.model.onnx.graph;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.ElementType;
import java.util.List;

/**
 * Writes the places of the extended graph where adapters change hidden states (nodes {@value
 * #ADAPT}); in the base graph they are nothing.
 */
public final class HiddenStateNodes {
  public static final String ADAPT = "AdaptHiddenState";

  private final OnnxGraph graph;
  private final ModelSpec spec;
  private final boolean extended;

  HiddenStateNodes(OnnxGraph graph, ModelSpec spec, boolean extended) {
    this.graph = graph;
    this.spec = spec;
    this.extended = extended;
  }

  boolean areWritten() {
    return extended;
  }

  /** The value as adapters change it at this site, in sight of another one. */
  String after(HiddenStateSite site, String seen, String changed) {
    if (!extended) {
      return changed;
    }
    String out = changed + ".adapted";
    String tokens = site.equals(HiddenStateSite.lastNorm(spec.layers())) ? "N" : "S";
    if (site.heads(spec) > 1) {
      graph.shape(out, ElementType.FLOAT, "B", tokens, site.heads(spec), spec.headDim());
    } else {
      graph.shape(out, ElementType.FLOAT, "B", tokens, site.width(spec));
    }
    return graph.custom(
        ADAPT, List.of(seen, changed), out, Attribute.of(CustomOperator.NODE, site.number()));
  }
}
