package io.talchum.model.onnx.graph;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.ElementType;
import java.util.List;

/**
 * Writes the hooks of the second graph (nodes {@value #HOOK}); in the base graph they are nothing.
 */
public final class HookNodes {
  public static final String HOOK = "Hook";

  private final OnnxGraph graph;
  private final ModelSpec spec;
  private final boolean hooked;

  HookNodes(OnnxGraph graph, ModelSpec spec, boolean hooked) {
    this.graph = graph;
    this.spec = spec;
    this.hooked = hooked;
  }

  boolean areWritten() {
    return hooked;
  }

  /** The value as adapters change it at this site, in sight of another one. */
  String after(HookSite site, String seen, String changed) {
    if (!hooked) {
      return changed;
    }
    String out = changed + ".hooked";
    String tokens = site.equals(HookSite.lastNorm(spec.layers())) ? "N" : "S";
    if (site.heads(spec) > 1) {
      graph.shape(out, ElementType.FLOAT, "B", tokens, site.heads(spec), spec.headDim());
    } else {
      graph.shape(out, ElementType.FLOAT, "B", tokens, site.width(spec));
    }
    return graph.custom(
        HOOK, List.of(seen, changed), out, Attribute.of(CustomOperator.NODE, site.number()));
  }
}
