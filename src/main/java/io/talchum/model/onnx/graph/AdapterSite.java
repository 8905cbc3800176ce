package io.talchum.model.onnx.graph;

import io.talchum.core.Linear;

/**
 * A place in the graph where adapters act: a group of linears stored as one matrix, or a single
 * linear.
 *
 * @param number unique in the graph, dense from 0
 */
public record AdapterSite(int number, boolean isHead) {
  private static final int GROUPS = LinearGroup.values().length;
  private static final int PER_LAYER = GROUPS + Linear.values().length;

  public static AdapterSite of(int layer, LinearGroup group) {
    return new AdapterSite(layer * PER_LAYER + group.ordinal(), false);
  }

  public static AdapterSite of(int layer, Linear linear) {
    return new AdapterSite(layer * PER_LAYER + GROUPS + linear.ordinal(), false);
  }

  /** The head; it may have fewer tokens than the others. */
  public static AdapterSite head(int layers) {
    return new AdapterSite(layers * PER_LAYER, true);
  }

  public static int count(int layers) {
    return layers * PER_LAYER + 1;
  }

  /** The group that the linear belongs to. */
  public static LinearGroup groupOf(Linear linear) {
    for (LinearGroup group : LinearGroup.values()) {
      if (group.members().contains(linear)) {
        return group;
      }
    }
    throw new IllegalStateException("every linear is in a group: " + linear);
  }
}
