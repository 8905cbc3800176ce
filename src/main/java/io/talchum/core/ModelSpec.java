package io.talchum.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * Everything the graph needs to know about a decoder; families differ in this data, not in code.
 *
 * @param architecture the checkpoint's class, for example {@code LlamaForCausalLM}
 * @param vocabSize columns of the logits; may exceed the tokenizer's vocabulary
 * @param headDim size of one attention head; heads * headDim need not equal hiddenSize
 * @param maxContextTokens positions the model was trained for
 * @param normEpsilon added to the mean square inside the root of RMSNorm
 * @param biases the linears that have a bias; iterated in the order of {@link Linear}
 * @param tiedHead whether the head is the embedding table
 */
public record ModelSpec(
    String architecture,
    int vocabSize,
    int hiddenSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int intermediateSize,
    int maxContextTokens,
    float normEpsilon,
    RopeSpec rope,
    Set<Linear> biases,
    boolean tiedHead) {

  public ModelSpec {
    Set<Linear> ordered = EnumSet.noneOf(Linear.class);
    ordered.addAll(biases);
    biases = Collections.unmodifiableSet(ordered);
  }

  /** Input width of a linear. */
  public int inputSize(Linear linear) {
    return switch (linear) {
      case Q, K, V, GATE, UP -> hiddenSize;
      case O -> heads * headDim;
      case DOWN -> intermediateSize;
    };
  }

  /** Output width of a linear. */
  public int outputSize(Linear linear) {
    return switch (linear) {
      case Q -> heads * headDim;
      case K, V -> kvHeads * headDim;
      case O, DOWN -> hiddenSize;
      case GATE, UP -> intermediateSize;
    };
  }
}
