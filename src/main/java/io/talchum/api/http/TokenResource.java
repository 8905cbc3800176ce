package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.talchum.core.ServeException;
import io.talchum.service.TokenizeService;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /tokenize}, {@code /detokenize} and {@code /tokenizer_info}, with vLLM's bodies. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class TokenResource {
  /** Fields of messages, which a plain prompt has no use for. */
  private static final List<String> TEMPLATE_FIELDS =
      List.of(
          "add_generation_prompt",
          "continue_final_message",
          "chat_template_kwargs",
          "tools",
          "documents",
          "chat_template");

  private final TokenizeService tokens;
  private final JsonBodies bodies;

  public TokenResource(TokenizeService tokens, JsonBodies bodies) {
    this.tokens = tokens;
    this.bodies = bodies;
  }

  /**
   * Tokens of a text.
   *
   * @param tokenStrs null unless asked for
   */
  record Tokens(
      int count,
      @JsonProperty("max_model_len") int maxModelLen,
      List<Integer> tokens,
      @JsonProperty("token_strs") @Nullable List<String> tokenStrs) {}

  /** The text of tokens. */
  record Text(String prompt) {}

  /** What the tokenizer is. */
  record Info(
      @JsonProperty("tokenizer_class") String tokenizerClass,
      @JsonProperty("bos_token") @Nullable String bosToken,
      @JsonProperty("eos_token") @Nullable String eosToken,
      @JsonProperty("pad_token") @Nullable String padToken,
      @JsonProperty("chat_template") @Nullable String chatTemplate,
      @JsonProperty("model_max_length") int modelMaxLength,
      @JsonProperty("vocab_size") int vocabSize) {}

  @POST
  @Path("/tokenize")
  @RunOnVirtualThread
  public byte[] tokenize(byte[] body) {
    return bodies.read(
        body,
        json -> {
          Fields fields = RequestFields.TOKENIZE.check("", json);
          boolean spell = fields.bool("return_token_strs", false);
          TokenizeService.Tokens tokens = tokens(fields);
          return Json.bytes(
              new Tokens(
                  tokens.ids().size(),
                  tokens.contextTokens(),
                  tokens.ids(),
                  spell ? tokens.spellings() : null));
        });
  }

  @POST
  @Path("/detokenize")
  @RunOnVirtualThread
  public byte[] detokenize(byte[] body) {
    return bodies.read(
        body,
        json -> {
          Fields fields = RequestFields.DETOKENIZE.check("", json);
          if (!fields.has("tokens")) {
            throw fields.missing("tokens");
          }
          return Json.bytes(
              new Text(
                  tokens.detokenize(fields.text("model"), "tokens", fields.integers("tokens"))));
        });
  }

  @GET
  @Path("/tokenizer_info")
  public byte[] info() {
    TokenizeService.Info info = tokens.info();
    return Json.bytes(
        new Info(
            "PreTrainedTokenizerFast",
            info.bosToken(),
            info.eosToken(),
            info.padToken(),
            info.chatTemplate(),
            info.contextTokens(),
            info.vocabularySize()));
  }

  private TokenizeService.Tokens tokens(Fields fields) {
    String model = fields.text("model");
    if (fields.has("prompt") == fields.has("messages")) {
      throw ServeException.invalid(
          "prompt",
          fields.has("prompt")
              ? "prompt and messages exclude each other; send one of them"
              : "prompt and messages are missing; send one of them");
    }
    if (fields.has("messages")) {
      if (fields.bool("add_special_tokens", false)) {
        throw ServeException.invalid(
            "add_special_tokens",
            "add_special_tokens needs a prompt: templates write their own; leave it out");
      }
      return tokens.tokenize(model, MessageMapper.messages(fields), MessageMapper.template(fields));
    }
    for (String name : TEMPLATE_FIELDS) {
      if (fields.has(name)) {
        throw ServeException.invalid(name, name + " needs messages; leave it out");
      }
    }
    return tokens.tokenize(
        model, fields.requiredText("prompt"), fields.bool("add_special_tokens", true));
  }
}
