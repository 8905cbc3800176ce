package io.talchum.adapter.adapterhub;

import io.talchum.adapter.Projection;
import io.talchum.adapter.SequenceGate;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.core.ModelSpec;
import java.util.Set;
import java.util.TreeSet;

/**
 * One part of an AdapterHub adapter while it is read: a bottleneck, a LoRA or a prefix.
 *
 * @param name of the adapter; in every key
 */
record AdapterHubPart(
    AdapterConfigFields config, String name, TensorSource tensors, ModelSpec base) {
  AdapterHubPart with(AdapterConfigFields other) {
    return new AdapterHubPart(other, name, tensors, base);
  }

  boolean anyBelow(String prefix) {
    return tensors.left().stream().anyMatch(key -> key.startsWith(prefix));
  }

  /** Layers without this part. */
  Set<Integer> leftOut() {
    Set<Integer> layers = new TreeSet<>(config.layers("leave_out"));
    for (int layer : layers) {
      if (layer >= base.layers()) {
        throw AdapterConfigFields.refuse(
            "leave_out names layer " + layer + ", the base has " + base.layers());
      }
    }
    return layers;
  }

  SequenceGate gate(String prefix, int outputs, int inputs) {
    Projection gate = Projections.of(tensors, prefix, outputs, inputs);
    return new SequenceGate(outputs, gate.weight().toArray(), gate.bias());
  }
}
