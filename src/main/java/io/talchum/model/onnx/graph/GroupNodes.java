package io.talchum.model.onnx.graph;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Writes the groups of linears of a layer. */
final class GroupNodes {
  private final OnnxGraph graph;
  private final ModelPackage weights;
  private final ModelSpec spec;
  private final LinearNodes linears;

  GroupNodes(OnnxGraph graph, ModelPackage weights, LinearNodes linears) {
    this.graph = graph;
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.linears = linears;
  }

  /** Runs a group of linears: one value if they are stored as one matrix, else one per member. */
  List<String> run(int layer, LinearGroup group, String input) {
    String prefix = "layers." + layer + ".";
    Optional<PackedTensor> fused = weights.find(prefix + group.tensor());
    List<Linear> members = group.members().stream().filter(spec::has).toList();
    if (fused.isPresent()) {
      return List.of(project(fused.get(), AdapterSite.of(layer, group), members.size(), input));
    }
    List<String> outputs = new ArrayList<>();
    for (Linear linear : members) {
      PackedTensor matrix = weights.tensor(prefix + linear.name().toLowerCase(Locale.ROOT));
      outputs.add(project(matrix, AdapterSite.of(layer, linear), 1, input));
    }
    return outputs;
  }

  private String project(PackedTensor matrix, AdapterSite site, int members, String input) {
    return linears.project(matrix, site, members, input, matrix.name() + "_out");
  }

  /** The outputs of a group, one by one. */
  List<String> parts(List<String> projected, List<String> names, List<Linear> members) {
    if (projected.size() > 1) {
      return projected;
    }
    long[] sizes = members.stream().mapToLong(spec::outputSize).toArray();
    graph.node(
        "Split",
        List.of(projected.getFirst(), graph.constant("parts." + members.size(), sizes)),
        names,
        Attribute.of("axis", 2));
    return names;
  }
}
