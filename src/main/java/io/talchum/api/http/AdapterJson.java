package io.talchum.api.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.talchum.core.ContentHash;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.SelfTestCard;
import io.talchum.service.StoredAdapter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Maps adapters to what GET /v1/adapters shows; fields that are null are left out. */
final class AdapterJson {
  private AdapterJson() {}

  /** An adapter of the store, or of a folder. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Adapter(
      String name,
      String object,
      String current,
      boolean stored,
      @Nullable Boolean pinned,
      List<Version> versions,
      @Nullable List<String> previous,
      @Nullable List<Event> history) {}

  /** A version of it. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Version(
      String version,
      @JsonProperty("resident_bytes") long residentBytes,
      int leases,
      @Nullable String kind,
      @Nullable Integer rank,
      @Nullable Integer modules,
      @JsonProperty("memory_bytes") @Nullable Long memoryBytes,
      @Nullable String base,
      @Nullable String added,
      @Nullable List<File> files,
      @JsonProperty("self_test") SelfTest selfTest) {}

  /** A file of a version. */
  record File(String name, long bytes, String sha256) {}

  /** Something that was done. */
  record Event(String at, String action, String version) {}

  /** How a version's self-test went. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record SelfTest(
      String status,
      @Nullable Double norm,
      @JsonProperty("base_norm") @Nullable Double baseNorm,
      @Nullable Double largest,
      @Nullable Double milliseconds,
      @Nullable String failure) {}

  /** All adapters. */
  record Listing(String object, List<Line> data) {}

  /** One line per adapter. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Line(
      String name,
      String object,
      String current,
      boolean stored,
      @JsonProperty("resident_bytes") long residentBytes,
      @Nullable Boolean pinned) {}

  static byte[] bytes(StoredAdapter adapter) {
    return Json.bytes(
        new Adapter(
            adapter.name(),
            "adapter",
            adapter.current().hex(),
            true,
            adapter.pinned(),
            adapter.versions().stream().map(AdapterJson::version).toList(),
            adapter.previous().stream().map(ContentHash::hex).toList(),
            adapter.history().stream().map(AdapterJson::event).toList()));
  }

  static byte[] bytes(LoadedAdapter adapter) {
    Version version =
        new Version(
            adapter.version().hex(),
            adapter.residentBytes(),
            adapter.leases(),
            adapter.kind(),
            adapter.rank(),
            adapter.modules(),
            adapter.memoryBytes(),
            null,
            adapter.loadedAt().toString(),
            null,
            selfTest(adapter.selfTest()));
    return Json.bytes(
        new Adapter(
            adapter.name(),
            "adapter",
            adapter.version().hex(),
            false,
            null,
            List.of(version),
            null,
            null));
  }

  static byte[] list(List<LoadedAdapter> loaded, List<StoredAdapter.Summary> stored) {
    return Json.bytes(
        new Listing(
            "list",
            Stream.concat(
                    loaded.stream().map(AdapterJson::line), stored.stream().map(AdapterJson::line))
                .toList()));
  }

  private static Line line(LoadedAdapter adapter) {
    return new Line(
        adapter.name(), "adapter", adapter.version().hex(), false, adapter.residentBytes(), null);
  }

  private static Line line(StoredAdapter.Summary adapter) {
    return new Line(
        adapter.name(),
        "adapter",
        adapter.current().hex(),
        true,
        adapter.residentBytes(),
        adapter.pinned());
  }

  private static Version version(StoredAdapter.Version version) {
    StoredAdapter.Card card = version.card();
    String hash = version.version().hex();
    SelfTest selfTest = selfTest(version.selfTest());
    if (card == null) {
      return new Version(
          hash,
          version.residentBytes(),
          version.leases(),
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          selfTest);
    }
    return new Version(
        hash,
        version.residentBytes(),
        version.leases(),
        card.kind(),
        card.rank(),
        card.modules(),
        card.memoryBytes(),
        card.base(),
        card.added().toString(),
        card.files().stream()
            .map(file -> new File(file.name(), file.bytes(), file.sha256().hex()))
            .toList(),
        selfTest);
  }

  private static Event event(StoredAdapter.Event event) {
    return new Event(event.at().toString(), event.action(), event.version().hex());
  }

  private static SelfTest selfTest(SelfTestCard test) {
    String status = test.status().text();
    return switch (test.status()) {
      case PASSED ->
          new SelfTest(
              status, test.norm(), test.baseNorm(), test.largest(), test.milliseconds(), null);
      case FAILED -> new SelfTest(status, null, null, null, null, test.failure());
      case NOT_RUN_YET -> new SelfTest(status, null, null, null, null, null);
    };
  }
}
