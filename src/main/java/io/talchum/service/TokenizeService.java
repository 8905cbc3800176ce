package io.talchum.service;

import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.ChatMessage;
import io.talchum.core.ErrorCode;
import io.talchum.core.PromptInput;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Text to tokens and back, as the model itself sees it. */
public final class TokenizeService {
  private final ModelService models;
  private final ConditioningPipeline conditioning;

  public TokenizeService(ModelService models, ConditioningPipeline conditioning) {
    this.models = models;
    this.conditioning = conditioning;
  }

  /**
   * Tokens with their spelling in the vocabulary.
   *
   * @param contextTokens the most a request can hold
   */
  public record Tokens(List<Integer> ids, List<String> spellings, int contextTokens) {
    public Tokens {
      ids = List.copyOf(ids);
      spellings = List.copyOf(spellings);
    }
  }

  public Tokens tokenize(@Nullable String model, String text, boolean addSpecialTokens) {
    check(model);
    return tokens(conditioning.tokenIds("prompt", new PromptInput.Text(text), addSpecialTokens));
  }

  public Tokens tokenize(
      @Nullable String model, List<ChatMessage> messages, TemplateOptions options) {
    check(model);
    return tokens(conditioning.render(messages, options).tokenIds());
  }

  /**
   * The text of the ids, control tokens included.
   *
   * @param field the wire's name of the ids
   * @throws ServeException CONTEXT_LENGTH_EXCEEDED for more than a request can hold
   */
  public String detokenize(@Nullable String model, String field, List<Integer> ids) {
    check(model);
    if (ids.size() > served().contextTokens()) {
      throw ServeException.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          field,
          "%s has %d ids, but the context holds %d tokens; send at most as many at once"
              .formatted(field, ids.size(), served().contextTokens()));
    }
    return served()
        .tokenizer()
        .decode(conditioning.tokenIds(field, new PromptInput.Tokens(ids), false), false);
  }

  /** What clients need to know to count tokens themselves; null is "has none". */
  public record Info(
      @Nullable String bosToken,
      @Nullable String eosToken,
      @Nullable String padToken,
      @Nullable String chatTemplate,
      int contextTokens,
      int vocabularySize) {}

  public Info info() {
    ServedModel.SpecialTokens special = served().special();
    return new Info(
        spelling(special.bosTokenId()),
        special.eosTokenIds().isEmpty() ? null : spelling(special.eosTokenIds().getFirst()),
        spelling(special.padTokenId()),
        served().chatTemplate(),
        served().contextTokens(),
        served().tokenizer().vocabularySize());
  }

  private @Nullable String spelling(int tokenId) {
    return tokenId < 0 ? null : served().tokenizer().token(tokenId);
  }

  private Tokens tokens(int[] ids) {
    Tokenizer tokenizer = served().tokenizer();
    return new Tokens(
        Arrays.stream(ids).boxed().toList(),
        Arrays.stream(ids).mapToObj(tokenizer::token).toList(),
        served().contextTokens());
  }

  private ServedModel served() {
    return conditioning.model();
  }

  /**
   * The base's tokenizer serves all adapters, but the name must be one.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  private void check(@Nullable String model) {
    if (model != null) {
      ModelCard unused = models.model(model);
    }
  }
}
