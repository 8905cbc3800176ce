package io.talchum.api.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.talchum.core.ServeException;
import io.talchum.service.Services;
import io.talchum.service.TokenizeService;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** {@code /tokenize}, {@code /detokenize} and {@code /tokenizer_info}, with vLLM's bodies. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class TokenResource {
  private final Services services;

  public TokenResource(Services services) {
    this.services = services;
  }

  @POST
  @Path("/tokenize")
  @RunOnVirtualThread
  public byte[] tokenize(byte[] body) {
    Fields fields = RequestFields.TOKENIZE.check("", JsonBody.parse(body));
    TokenizeService.Tokens tokens = tokens(fields);
    boolean spell = fields.bool("return_token_strs", false);
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeNumberField("count", tokens.ids().size());
          json.writeNumberField("max_model_len", tokens.contextTokens());
          json.writeArrayFieldStart("tokens");
          for (int id : tokens.ids()) {
            json.writeNumber(id);
          }
          json.writeEndArray();
          json.writeFieldName("token_strs");
          if (spell) {
            json.writeArray(
                tokens.spellings().toArray(String[]::new), 0, tokens.spellings().size());
          } else {
            json.writeNull();
          }
          json.writeEndObject();
        });
  }

  @POST
  @Path("/detokenize")
  @RunOnVirtualThread
  public byte[] detokenize(byte[] body) {
    Fields fields = RequestFields.DETOKENIZE.check("", JsonBody.parse(body));
    if (!fields.has("tokens")) {
      throw fields.missing("tokens");
    }
    List<Integer> ids = fields.integers("tokens");
    String text = services.tokens().detokenize(fields.text("model"), ids);
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("prompt", text);
          json.writeEndObject();
        });
  }

  @GET
  @Path("/tokenizer_info")
  public byte[] info() {
    TokenizeService.Info info = services.tokens().info();
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("tokenizer_class", "PreTrainedTokenizerFast");
          json.writeStringField("bos_token", info.bosToken());
          json.writeStringField("eos_token", info.eosToken());
          json.writeStringField("pad_token", info.padToken());
          json.writeStringField("chat_template", info.chatTemplate());
          json.writeNumberField("model_max_length", info.contextTokens());
          json.writeNumberField("vocab_size", info.vocabularySize());
          json.writeEndObject();
        });
  }

  private TokenizeService.Tokens tokens(Fields fields) {
    String model = fields.text("model");
    if (fields.has("prompt") == fields.has("messages")) {
      throw ServeException.invalid("prompt", "send either prompt or messages");
    }
    if (fields.has("messages")) {
      return services
          .tokens()
          .tokenize(model, MessageMapper.messages(fields), MessageMapper.template(fields));
    }
    return services
        .tokens()
        .tokenize(model, fields.requiredText("prompt"), fields.bool("add_special_tokens", true));
  }
}
