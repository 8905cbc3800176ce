package io.talchum.conditioning;

import io.talchum.core.ContentHash;
import io.talchum.text.Tokenizer;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The one base model of this process, as request handling sees it.
 *
 * @param vocabSize columns of the logits; token ids of requests lie below it
 * @param contextTokens most tokens of prompt and completion together
 * @param chatTemplate the template's source; null if the model has none
 * @param opened when the process took it into service
 */
public record ServedModel(
    String name,
    ContentHash version,
    int vocabSize,
    int contextTokens,
    Tokenizer tokenizer,
    PromptRenderer renderer,
    @Nullable String chatTemplate,
    SpecialTokens special,
    GenerationDefaults defaults,
    Instant opened) {

  /** The model's control tokens; -1 is "has none". */
  public record SpecialTokens(int bosTokenId, List<Integer> eosTokenIds, int padTokenId) {
    public SpecialTokens {
      eosTokenIds = List.copyOf(eosTokenIds);
    }
  }
}
