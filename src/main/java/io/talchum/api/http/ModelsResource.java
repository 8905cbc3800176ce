package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.service.ModelCard;
import io.talchum.service.SamplingDefaults;
import io.talchum.service.Services;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public class ModelsResource {
  private final Services services;

  public ModelsResource(Services services) {
    this.services = services;
  }

  @GET
  public byte[] models() {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("object", "list");
          json.writeArrayFieldStart("data");
          for (ModelCard card : services.models().models()) {
            write(json, card);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  @GET
  @Path("/{id: .+}")
  public byte[] model(@PathParam("id") String id) {
    ModelCard card = services.models().model(id);
    return Json.bytes(json -> write(json, card));
  }

  private static void write(JsonGenerator json, ModelCard card) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", card.name());
    json.writeStringField("object", "model");
    json.writeNumberField("created", card.created().getEpochSecond());
    json.writeStringField("owned_by", "talchum");
    json.writeStringField("root", card.exactName());
    json.writeStringField("parent", card.parent());
    json.writeNumberField("max_model_len", card.contextTokens());
    json.writeStringField("version", card.version().hex());
    SamplingDefaults defaults = card.defaults();
    json.writeObjectFieldStart("sampling_defaults");
    json.writeNumberField("temperature", defaults.temperature());
    json.writeNumberField("top_p", defaults.topP());
    json.writeNumberField("top_k", defaults.topK());
    json.writeNumberField("min_p", defaults.minP());
    json.writeNumberField("repetition_penalty", defaults.repetitionPenalty());
    Integer maxTokens = defaults.maxTokens();
    if (maxTokens != null) {
      json.writeNumberField("max_tokens", maxTokens);
    }
    json.writeEndObject();
    json.writeEndObject();
  }
}
