package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.GatedLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/** Which primitives have no weighted sum, and why. */
final class Unmixable {
  private Unmixable() {}

  /** Null if it is added to the base and can be added up. */
  static @Nullable String why(AdapterPrimitive primitive) {
    return switch (primitive) {
      case LowRankDelta _, DenseDelta _, BiasDelta _, EmbeddingLowRank _, HeadLowRank _ -> null;
      case SoftPrompt _, VirtualKeyValues _ -> "virtual tokens have places of their own";
      case OutputScale _, InputScale _ -> "factors (DoRA, IA3) multiply and do not add up";
      case EmbeddingRows _, HeadRows _, NormWeight _, FinalNormWeight _ ->
          "it replaces weights of the base";
      case Invocation _ -> "it acts on a part of the tokens only";
      case Bottleneck _, AdapterFusion _, GatedAttention _, GatedLowRank _, LadderSideNetwork _ ->
          "its effect is not linear in its weights";
    };
  }

  /**
   * @param name of the adapter
   */
  static ServeException refuse(String name, AdapterPrimitive primitive) {
    return ServeException.invalid(
        "adapters",
        "adapter %s does not mix: it changes the model by %s, and %s; low-rank and dense changes and biases mix, use this one alone as model"
            .formatted(name, primitive.getClass().getSimpleName(), why(primitive)));
  }
}
