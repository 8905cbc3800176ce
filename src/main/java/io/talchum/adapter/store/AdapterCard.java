package io.talchum.adapter.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.adapter.AdapterFacts;
import io.talchum.core.ContentHash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a version on disk.
 *
 * @param version SHA-256 of what the adapter computes
 * @param kind {@code peft_type}
 * @param rank largest rank of a module
 * @param modules number of adapted modules
 * @param facts what requests are checked against; null on a card of an older server
 * @param residentBytes memory it takes when it is loaded
 * @param base name of the base that it was checked against
 * @param baseVersion that base's content
 * @param added when it was first added
 */
public record AdapterCard(
    ContentHash version,
    String kind,
    int rank,
    int modules,
    @Nullable AdapterFacts facts,
    long residentBytes,
    String base,
    ContentHash baseVersion,
    Instant added,
    List<StoredFile> files) {
  public AdapterCard {
    files = List.copyOf(files);
  }

  /**
   * A file of the version.
   *
   * @param name relative to the version's folder
   */
  public record StoredFile(String name, long bytes, ContentHash sha256) {}

  /** Size on disk. */
  public long bytes() {
    return files.stream().mapToLong(StoredFile::bytes).sum();
  }

  ObjectNode json() {
    ObjectNode node =
        StoreJson.object()
            .put("version", version.hex())
            .put("kind", kind)
            .put("rank", rank)
            .put("modules", modules)
            .put("resident_bytes", residentBytes)
            .put("base", base)
            .put("base_version", baseVersion.hex())
            .put("added", added.toString());
    if (facts != null) {
      node.put("variants", facts.variants()).put("virtual_tokens", facts.virtualTokens());
    }
    ArrayNode list = node.putArray("files");
    for (StoredFile file : files) {
      list.addObject()
          .put("name", file.name())
          .put("bytes", file.bytes())
          .put("sha256", file.sha256().hex());
    }
    return node;
  }

  AdapterCard with(AdapterFacts known) {
    return new AdapterCard(
        version, kind, rank, modules, known, residentBytes, base, baseVersion, added, files);
  }

  static AdapterCard of(JsonNode node) {
    List<StoredFile> files = new ArrayList<>();
    for (JsonNode file : node.path("files")) {
      files.add(
          new StoredFile(
              file.path("name").asText(),
              file.path("bytes").asLong(),
              StoreJson.hash(file.path("sha256"))));
    }
    return new AdapterCard(
        StoreJson.hash(node.path("version")),
        node.path("kind").asText(),
        node.path("rank").asInt(),
        node.path("modules").asInt(),
        node.has("variants")
            ? new AdapterFacts(node.path("variants").asInt(), node.path("virtual_tokens").asInt())
            : null,
        node.path("resident_bytes").asLong(),
        node.path("base").asText(),
        StoreJson.hash(node.path("base_version")),
        StoreJson.instant(node.path("added")),
        files);
  }
}
