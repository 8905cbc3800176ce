package io.talchum.weights.quantize;

import io.talchum.core.ServeException;
import io.talchum.weights.checkpoint.ModelTensors;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the importer makes of a model's matrices.
 *
 * @param embedding what the embedding becomes, and a head that is tied to it
 * @param head what a head of its own becomes
 * @param tensors exceptions; of several that match a matrix the last one counts
 */
public record QuantizationRules(
    Quantization linears, Quantization embedding, Quantization head, List<TensorRule> tensors) {
  /** Everything {@link Quantization#AUTO}. */
  public static final QuantizationRules AUTO = of(Quantization.AUTO, Quantization.AUTO);

  private static final int MAX_TENSOR_RULES = 1000;

  public QuantizationRules {
    tensors = List.copyOf(tensors);
    if (tensors.size() > MAX_TENSOR_RULES) {
      throw ServeException.invalid(
          "tensors",
          "%d tensor patterns were given; at most %d are taken"
              .formatted(tensors.size(), MAX_TENSOR_RULES));
    }
  }

  /** One rule for the linears, one for embedding and head. */
  public static QuantizationRules of(Quantization linears, Quantization tables) {
    return new QuantizationRules(linears, tables, tables, List.of());
  }

  /** Whether some rule makes int4 of floats where that is exact. */
  public boolean mayUseInt4() {
    return Stream.concat(
            Stream.of(linears, embedding, head), tensors.stream().map(TensorRule::quantization))
        .anyMatch(rule -> rule == Quantization.AUTO || rule == Quantization.INT4);
  }

  /** The rule for a matrix. */
  Quantization of(String name) {
    for (TensorRule rule : tensors.reversed()) {
      if (rule.matches(name)) {
        return rule.quantization();
      }
    }
    return switch (name) {
      case ModelTensors.EMBED -> embedding;
      case ModelTensors.HEAD -> head;
      default -> linears;
    };
  }

  /**
   * @throws ServeException INVALID_REQUEST if a pattern matches no matrix, or a head that is tied
   *     to the embedding is to become something else than it
   */
  public void check(Collection<String> matrices, boolean tiedHead) {
    for (TensorRule rule : tensors) {
      if (matrices.stream().noneMatch(rule::matches)) {
        throw ServeException.invalid(
            "tensors",
            "the tensor pattern \"%s\" matches no matrix of the model; there are embed%s, layers.0.q, layers.0.k, layers.0.v, layers.0.o and so on"
                .formatted(rule.pattern(), tiedHead ? "" : ", head"));
      }
    }
    if (tiedHead && embedding != head) {
      throw ServeException.invalid(
          "embedding",
          "embedding %s and head %s differ, but the model uses one table for both; give only the head's"
              .formatted(embedding, head));
    }
  }
}
