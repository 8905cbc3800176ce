package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Trained rows of the embedding, alone. */
final class TrainableTokensKind implements PeftKind {
  @Override
  public String type() {
    return "TRAINABLE_TOKENS";
  }

  @Override
  public KindOptions options() {
    return new KindOptions(
        Set.of("token_indices", "target_modules"), Set.of("init_weights"), Map.of(), Set.of());
  }

  @Override
  public List<AdapterPrimitive> read(PeftSource source) {
    TrainedTokens tokens = TrainedTokens.alone(source);
    Owners.require(source, tokens::owns);
    return tokens.primitives(source);
  }
}
