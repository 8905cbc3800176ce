package io.talchum.model.onnx.device;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.AdapterSite;
import io.talchum.model.onnx.graph.LinearGroup;
import io.talchum.weights.pack.ModelPackage;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix that adapters change on a device.
 *
 * @param members linears stored in it, in order
 */
record StackSite(int number, int in, int out, List<Linear> members) {
  StackSite {
    members = List.copyOf(members);
  }

  /** All of a model, in the graph's order. */
  static List<StackSite> of(ModelPackage weights) {
    ModelSpec spec = weights.manifest().spec();
    List<StackSite> sites = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (LinearGroup group : LinearGroup.values()) {
        List<Linear> members = group.members().stream().filter(spec::has).toList();
        if (weights.find("layers." + layer + "." + group.tensor()).isPresent()) {
          sites.add(of(spec, AdapterSite.of(layer, group), members));
        } else {
          for (Linear linear : members) {
            sites.add(of(spec, AdapterSite.of(layer, linear), List.of(linear)));
          }
        }
      }
    }
    return sites;
  }

  private static StackSite of(ModelSpec spec, AdapterSite site, List<Linear> members) {
    int out = members.stream().mapToInt(spec::outputSize).sum();
    return new StackSite(site.number(), spec.inputSize(members.getFirst()), out, members);
  }

  /** Columns of the site's down and rows of its up. */
  int ranks(int rank) {
    return members.size() * rank;
  }

  /** Numbers of what maps the input to the ranks, [in, ranks]. */
  long downSize(int rank) {
    return (long) in * ranks(rank);
  }

  /** Numbers of what maps the ranks to the output, [ranks, out]. */
  long upSize(int rank) {
    return (long) ranks(rank) * out;
  }
}
