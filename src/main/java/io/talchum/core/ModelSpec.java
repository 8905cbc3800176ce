package io.talchum.core;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Everything the graph needs to know about a decoder; families differ in this data, not in code.
 *
 * @param architecture the checkpoint's class, for example {@code LlamaForCausalLM}
 * @param vocabSize columns of the logits; may exceed the tokenizer's vocabulary
 * @param headDim size of one attention head; heads * headDim need not equal hiddenSize
 * @param maxContextTokens positions the model was trained for
 * @param modules the layers' linear modules as the checkpoint names and fuses them, in the order in
 *     which they run
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
    NormSpec norms,
    AttentionSpec attention,
    MlpSpec mlp,
    ScaleSpec scales,
    List<LinearModule> modules,
    Set<Linear> biases,
    boolean tiedHead) {

  public ModelSpec {
    modules = List.copyOf(modules);
    Set<Linear> ordered = EnumSet.noneOf(Linear.class);
    ordered.addAll(biases);
    biases = Collections.unmodifiableSet(ordered);
  }

  /** A decoder of Llama's layers: RMSNorm before each half, a gated MLP with SiLU. */
  public ModelSpec(
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
    this(
        architecture,
        vocabSize,
        hiddenSize,
        layers,
        heads,
        kvHeads,
        headDim,
        intermediateSize,
        maxContextTokens,
        new NormSpec(NormSpec.Kind.RMS, normEpsilon, Set.of(Norm.INPUT, Norm.MLP_INPUT), false),
        AttentionSpec.plain(headDim, rope),
        new MlpSpec(Activation.SILU, true),
        ScaleSpec.NONE,
        LinearModule.plain(),
        biases,
        tiedHead);
  }

  /** Whether the layers have this linear. */
  public boolean has(Linear linear) {
    return linear != Linear.GATE || mlp.gated();
  }

  /** The checkpoint's module that holds a linear. */
  public LinearModule module(Linear linear) {
    return modules.stream().filter(m -> m.linears().contains(linear)).findFirst().orElseThrow();
  }

  /** Input width of a linear. */
  public int inputSize(Linear linear) {
    return switch (linear) {
      case Q, K, V, GATE, UP -> hiddenSize;
      case O -> heads * headDim;
      case DOWN -> intermediateSize;
    };
  }

  /** Output width of a linear; 0 if the layers do not have it. */
  public int outputSize(Linear linear) {
    return switch (linear) {
      case Q -> heads * headDim;
      case K, V -> kvHeads * headDim;
      case O, DOWN -> hiddenSize;
      case GATE -> mlp.gated() ? intermediateSize : 0;
      case UP -> intermediateSize;
    };
  }

  /** Length of a norm's weight. */
  public int size(Norm norm) {
    return switch (norm) {
      case INPUT, ATTENTION_OUTPUT, MLP_INPUT, MLP_OUTPUT -> hiddenSize;
      case QUERY -> norms.perHead() ? headDim : heads * headDim;
      case KEY -> norms.perHead() ? headDim : kvHeads * headDim;
    };
  }
}
