package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.SelfTestCard;
import io.talchum.service.StoredAdapter;
import java.io.IOException;
import java.util.List;

/** Adapters as GET /v1/adapters shows them. */
final class AdapterJson {
  private AdapterJson() {}

  static byte[] bytes(StoredAdapter adapter) {
    return Json.bytes(json -> write(json, adapter));
  }

  static byte[] bytes(LoadedAdapter adapter) {
    return Json.bytes(json -> write(json, adapter));
  }

  private static void write(JsonGenerator json, StoredAdapter adapter) throws IOException {
    head(json, adapter.name(), adapter.current().hex(), true);
    json.writeBooleanField("pinned", adapter.pinned());
    json.writeArrayFieldStart("versions");
    for (StoredAdapter.Version version : adapter.versions()) {
      write(json, version);
    }
    json.writeEndArray();
    json.writeArrayFieldStart("previous");
    for (var version : adapter.previous()) {
      json.writeString(version.hex());
    }
    json.writeEndArray();
    json.writeArrayFieldStart("history");
    for (StoredAdapter.Event event : adapter.history()) {
      json.writeStartObject();
      json.writeStringField("at", event.at().toString());
      json.writeStringField("action", event.action());
      json.writeStringField("version", event.version().hex());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, StoredAdapter.Version version) throws IOException {
    json.writeStartObject();
    json.writeStringField("version", version.version().hex());
    json.writeNumberField("resident_bytes", version.residentBytes());
    json.writeNumberField("leases", version.leases());
    StoredAdapter.Card card = version.card();
    if (card != null) {
      json.writeStringField("kind", card.kind());
      json.writeNumberField("rank", card.rank());
      json.writeNumberField("modules", card.modules());
      json.writeNumberField("memory_bytes", card.memoryBytes());
      json.writeStringField("base", card.base());
      json.writeStringField("added", card.added().toString());
      json.writeArrayFieldStart("files");
      for (StoredAdapter.File file : card.files()) {
        json.writeStartObject();
        json.writeStringField("name", file.name());
        json.writeNumberField("bytes", file.bytes());
        json.writeStringField("sha256", file.sha256().hex());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    write(json, version.selfTest());
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, SelfTestCard test) throws IOException {
    json.writeObjectFieldStart("self_test");
    json.writeStringField("status", test.status().text());
    switch (test.status()) {
      case PASSED -> {
        json.writeNumberField("norm", test.norm());
        json.writeNumberField("base_norm", test.baseNorm());
        json.writeNumberField("largest", test.largest());
        json.writeNumberField("milliseconds", test.milliseconds());
      }
      case FAILED -> json.writeStringField("failure", test.failure());
      case NOT_RUN_YET -> {}
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, LoadedAdapter adapter) throws IOException {
    head(json, adapter.name(), adapter.version().hex(), false);
    json.writeArrayFieldStart("versions");
    json.writeStartObject();
    json.writeStringField("version", adapter.version().hex());
    json.writeNumberField("resident_bytes", adapter.residentBytes());
    json.writeNumberField("leases", adapter.leases());
    json.writeStringField("kind", adapter.kind());
    json.writeNumberField("rank", adapter.rank());
    json.writeNumberField("modules", adapter.modules());
    json.writeNumberField("memory_bytes", adapter.memoryBytes());
    json.writeStringField("added", adapter.loadedAt().toString());
    write(json, adapter.selfTest());
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  /** One line per adapter. */
  static byte[] list(List<LoadedAdapter> loaded, List<StoredAdapter.Summary> stored) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("object", "list");
          json.writeArrayFieldStart("data");
          for (LoadedAdapter adapter : loaded) {
            head(json, adapter.name(), adapter.version().hex(), false);
            json.writeNumberField("resident_bytes", adapter.residentBytes());
            json.writeEndObject();
          }
          for (StoredAdapter.Summary adapter : stored) {
            head(json, adapter.name(), adapter.current().hex(), true);
            json.writeNumberField("resident_bytes", adapter.residentBytes());
            json.writeBooleanField("pinned", adapter.pinned());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static void head(JsonGenerator json, String name, String current, boolean stored)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeStringField("object", "adapter");
    json.writeStringField("current", current);
    json.writeBooleanField("stored", stored);
  }
}
