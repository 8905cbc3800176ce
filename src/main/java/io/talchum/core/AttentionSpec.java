package io.talchum.core;

import java.util.List;

/**
 * How a decoder attends.
 *
 * @param scale multiplies query * key
 * @param softcap c: scores become c tanh(score / c) before the mask; 0 is none
 * @param window keys that a token of a windowed layer sees, itself included; 0 is all
 * @param windowLayers the layers with a window, ascending
 * @param rope of the layers that see everything
 * @param windowRope of the windowed layers; mostly the same
 */
public record AttentionSpec(
    float scale,
    float softcap,
    int window,
    List<Integer> windowLayers,
    RopeSpec rope,
    RopeSpec windowRope) {

  public AttentionSpec {
    windowLayers = windowLayers.stream().distinct().sorted().toList();
  }

  /** All layers see everything; scores are divided by the root of the head's size. */
  public static AttentionSpec plain(int headDim, RopeSpec rope) {
    return new AttentionSpec((float) (1 / Math.sqrt(headDim)), 0, 0, List.of(), rope, rope);
  }

  /** The window of a layer, 0 if it sees everything. */
  public int windowOf(int layer) {
    return windowLayers.contains(layer) ? window : 0;
  }

  public RopeSpec ropeOf(int layer) {
    return windowLayers.contains(layer) ? windowRope : rope;
  }
}
