package io.talchum.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks a server for its base and its adapters. */
final class Discovery {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Discovery() {}

  /**
   * The target, with the model and the adapters that it left open (empty).
   *
   * @throws ServeException if the server does not answer or serves no model
   */
  static Target complete(Target target, Duration timeout) {
    JsonNode models = get(target, "/v1/models", timeout).path("data");
    String base = target.model();
    List<String> adapters = new ArrayList<>(target.adapters());
    boolean open = adapters.isEmpty();
    for (JsonNode model : models) {
      boolean isAdapter = model.hasNonNull("parent");
      String id = model.path("id").asText();
      if (!isAdapter && base.isEmpty()) {
        base = id;
      } else if (isAdapter && open) {
        adapters.add(id);
      }
    }
    if (base.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, target + " lists no model; name one by --model");
    }
    if (open && target.kind() == ServerKind.LLAMA_CPP) {
      for (JsonNode adapter : get(target, "/lora-adapters", timeout)) {
        adapters.add(Path.of(adapter.path("path").asText("adapter")).getFileName().toString());
      }
    }
    return new Target(
        target.name(),
        target.kind(),
        target.endpoint(),
        base,
        adapters,
        target.apiKey(),
        target.pid());
  }

  private static JsonNode get(Target target, String path, Duration timeout) {
    try {
      Page page = Page.get(target, path, timeout);
      if (page.status() == 200) {
        return JSON.readTree(page.text());
      }
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "%s answers %d to GET %s: %s"
              .formatted(target, page.status(), path, page.text().strip()));
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, target + " answers GET " + path + " with no JSON", e);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "no answer from %s (%s); start the server, or name another address"
              .formatted(target, e.getMessage()),
          e);
    }
  }
}
