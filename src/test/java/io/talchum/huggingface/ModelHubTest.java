package io.talchum.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.huggingface.StubHub.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelHubTest {
  private static final String TOKEN = "hf_topsecret";
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-07-10T12:00:00Z"));

  @TempDir private Path cache;
  private final StubHub hub = new StubHub();
  private final List<Duration> waits = new ArrayList<>();
  private final List<String> progress = new ArrayList<>();
  private final byte[] weights = new byte[3_000_000];

  /** So long that a busy machine does not look like a stalled hub. */
  private Duration stall = Duration.ofSeconds(30);

  @BeforeEach
  void fill() {
    new Random(7).nextBytes(weights);
    hub.put("config.json", "{}");
    hub.put("tokenizer.json", "{\"a\":1}");
    hub.put("empty.txt", "");
    hub.put("pytorch_model.bin", "pickle");
    hub.put("tf_model.h5", "other");
    hub.put("additional_chat_templates/tool_use.jinja", "{{ tools }}");
    hub.files.put("model.safetensors", weights);
  }

  @AfterEach
  void close() {
    hub.close();
  }

  private ModelHub.Fetched fetch(String id) {
    return fetch(id, Map.of(), false);
  }

  private ModelHub.Fetched fetch(String id, Map<String, String> more, boolean refresh) {
    Map<String, String> environment = new java.util.HashMap<>(more);
    environment.put("HF_ENDPOINT", hub.endpoint().toString());
    environment.put("HF_HUB_CACHE", cache.toString());
    return new ModelHub(
            HubSettings.of(environment, cache.resolve("home")),
            new RetryPolicy(4, stall, waits::add),
            CLOCK)
        .fetch(
            HubId.parse(id),
            refresh,
            (done, total, file) -> progress.add(file + " " + done + "/" + total));
  }

  private void assertRefused(String id, ErrorCode code, String... parts) {
    assertThatThrownBy(() -> fetch(id, Map.of("HF_TOKEN", TOKEN), false))
        .isInstanceOfSatisfying(ServeException.class, e -> assertThat(e.code()).isEqualTo(code))
        .satisfies(
            e -> {
              assertThat(e.getMessage()).contains(parts);
              for (Throwable t = e; t != null; t = t.getCause()) {
                assertThat(t.toString()).doesNotContain(TOKEN).doesNotContain("signature");
              }
            });
  }

  @Test
  void laysTheNeededFilesIntoTheCacheAsHuggingfaceHubDoes() throws IOException {
    ModelHub.Fetched fetched = fetch("hf:org/tiny");
    Path repo = cache.resolve("models--org--tiny");
    assertThat(fetched.path()).isEqualTo(repo.resolve("snapshots").resolve(StubHub.COMMIT));
    assertThat(fetched.fromCache()).isFalse();
    assertThat(repo.resolve("refs/main")).hasContent(StubHub.COMMIT);
    assertThat(fetched.path().resolve("model.safetensors")).hasBinaryContent(weights);
    Path link = Files.readSymbolicLink(fetched.path().resolve("model.safetensors"));
    assertThat(link).isEqualTo(Path.of("../../blobs", StubHub.etag("model.safetensors", weights)));
    assertThat(
            Files.readSymbolicLink(
                fetched.path().resolve("additional_chat_templates/tool_use.jinja")))
        .asString()
        .startsWith("../../../blobs/");
    assertThat(fetched.path().resolve("config.json")).hasContent("{}");
    for (String unneeded : List.of("pytorch_model.bin", "tf_model.h5", "empty.txt")) {
      assertThat(Files.exists(fetched.path().resolve(unneeded), LinkOption.NOFOLLOW_LINKS))
          .isFalse();
    }
    assertThat(repo.resolve(".no_exist").resolve(StubHub.COMMIT).resolve("generation_config.json"))
        .exists();
    assertThat(progress.getLast()).matches("\\S+ (\\d+)/\\1");
  }

  @Test
  void theCacheComesFirst() {
    fetch("hf:org/tiny");
    hub.seen.clear();
    assertThat(fetch("hf:org/tiny").fromCache()).isTrue();
    assertThat(fetch("hf:org/tiny@" + StubHub.COMMIT).fromCache()).isTrue();
    assertThat(fetch("hf:org/tiny", Map.of("HF_HUB_OFFLINE", "1"), true).fromCache()).isTrue();
    assertThat(hub.seen).isEmpty();
    assertThat(fetch("hf:org/tiny", Map.of(), true).fromCache()).isFalse();
    assertThat(hub.requests("storage", "GET")).isEmpty();
  }

  @Test
  void anUnreachableHubLeavesTheCache() throws IOException {
    fetch("hf:org/tiny");
    Files.delete(
        cache.resolve("models--org--tiny/.no_exist/" + StubHub.COMMIT + "/generation_config.json"));
    hub.close();
    assertThat(fetch("hf:org/tiny").fromCache()).isTrue();
    assertThatThrownBy(() -> fetch("hf:org/other"))
        .hasMessageContainingAll(
            "hf:org/other@main is not complete in the cache",
            hub.endpoint().getAuthority() + " cannot be reached",
            "HF_HUB_OFFLINE=1");
  }

  @Test
  void offlineNeverAsksTheHub() {
    assertThatThrownBy(() -> fetch("hf:org/tiny", Map.of("HF_HUB_OFFLINE", "true"), false))
        .hasMessageContainingAll(
            "HF_HUB_OFFLINE forbids to ask " + hub.endpoint().getAuthority(), cache.toString());
    assertThat(hub.seen).isEmpty();
  }

  @Test
  void resumesWhatBrokeOff() {
    hub.contentFaults.add(new Fault.Truncate(1_500_000));
    hub.contentFaults.add(new Fault.Truncate(200_000));
    assertThat(fetch("hf:org/tiny").path().resolve("model.safetensors")).hasBinaryContent(weights);
    List<StubHub.Seen> requests = hub.requests("storage", "GET");
    assertThat(requests).hasSize(3);
    assertThat(requests.get(1).headers().get("Range")).startsWith("bytes=").endsWith("-");
    assertThat(requests.get(1).headers()).containsEntry("If-Range", "\"storage-etag\"");
    assertThat(waits).hasSize(2);
  }

  @Test
  void aLaterRunGoesOnWhereTheFirstOneFailed() {
    for (int i = 0; i < 4; i++) {
      hub.contentFaults.add(new Fault.Truncate(i == 0 ? 1_000_000 : 0));
    }
    assertRefused("hf:org/tiny", ErrorCode.INTERNAL, "it goes on where it stopped");
    hub.seen.clear();
    assertThat(fetch("hf:org/tiny").path().resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(hub.requests("storage", "GET").getFirst().headers().get("Range"))
        .startsWith("bytes=");
  }

  @Test
  void aTransferThatStallsIsResumed() {
    stall = Duration.ofSeconds(1);
    hub.contentFaults.add(new Fault.Stall(100_000));
    assertThat(fetch("hf:org/tiny").path().resolve("model.safetensors")).hasBinaryContent(weights);
  }

  @Test
  void aServerThatCannotResumeSendsAllAgain() {
    hub.contentFaults.add(new Fault.Truncate(1_000));
    hub.contentFaults.add(new Fault.IgnoreRange());
    assertThat(fetch("hf:org/tiny").path().resolve("model.safetensors")).hasBinaryContent(weights);
    hub.contentFaults.add(new Fault.Status(416, Map.of()));
  }

  @Test
  void aWrongChecksumIsTriedOnceMoreAndThenRefused() throws IOException {
    hub.contentFaults.add(new Fault.Flip());
    assertThat(fetch("hf:org/tiny").path().resolve("model.safetensors")).hasBinaryContent(weights);
    try (var blobs = Files.list(cache.resolve("models--org--tiny/blobs"))) {
      assertThat(blobs).noneMatch(blob -> blob.toString().endsWith(".incomplete"));
    }
  }

  @Test
  void nothingWithAWrongChecksumIsKept() throws IOException {
    hub.contentFaults.add(new Fault.Flip());
    hub.contentFaults.add(new Fault.Flip());
    assertRefused("hf:org/tiny", ErrorCode.INVALID_MODEL, "model.safetensors", "checksum");
    try (var blobs = Files.list(cache.resolve("models--org--tiny/blobs"))) {
      assertThat(blobs)
          .noneMatch(b -> b.toString().contains(StubHub.etag("model.safetensors", weights)));
    }
    assertThat(cache.resolve("models--org--tiny/refs/main")).doesNotExist();
  }

  @Test
  void refusesContentOfAnotherSize() {
    hub.contentFaults.add(new Fault.Longer());
    assertRefused("hf:org/tiny", ErrorCode.INVALID_MODEL, "the hub promised 3000000");
  }

  @Test
  void refusesAnotherRangeThanAskedFor() {
    hub.contentFaults.add(new Fault.Truncate(1_000));
    hub.contentFaults.add(new Fault.WrongRange());
    assertRefused("hf:org/tiny", ErrorCode.INVALID_MODEL, "another range");
  }

  @Test
  void theTokenGoesToTheHubAlone() {
    fetch("hf:org/tiny", Map.of("HF_TOKEN", TOKEN), false);
    assertThat(hub.requests("hub", "GET"))
        .isNotEmpty()
        .allMatch(seen -> ("Bearer " + TOKEN).equals(seen.headers().get("Authorization")));
    assertThat(hub.requests("storage", "GET"))
        .isNotEmpty()
        .noneMatch(seen -> seen.headers().containsKey("Authorization"));
  }

  @Test
  void saysWhatToDoAboutGatedRepositories() {
    hub.hubFaults.add(new Fault.Status(403, Map.of("X-Error-Code", "GatedRepo")));
    assertRefused(
        "hf:org/tiny", ErrorCode.UNAUTHENTICATED, "gated", "accept its terms", "HF_TOKEN");
    hub.hubFaults.add(new Fault.Status(401, Map.of()));
    assertThatThrownBy(() -> fetch("hf:org/tiny")).hasMessageContaining("set HF_TOKEN");
    assertThat(waits).isEmpty();
  }

  @Test
  void tellsMissingRepositoriesFromMissingRevisions() {
    hub.hubFaults.add(new Fault.Status(404, Map.of("X-Error-Code", "RevisionNotFound")));
    assertRefused("hf:org/tiny@nope", ErrorCode.NOT_FOUND, "no revision 'nope'");
    hub.hubFaults.add(new Fault.Status(404, Map.of("X-Error-Code", "RepoNotFound")));
    assertRefused("hf:org/tiny", ErrorCode.NOT_FOUND, "no such repository");
  }

  @Test
  void waitsAsLongAsItIsToldButNotForEver() {
    hub.hubFaults.add(new Fault.Status(429, Map.of("Retry-After", "7")));
    hub.hubFaults.add(
        new Fault.Status(503, Map.of("Retry-After", "Thu, 10 Jul 2025 12:00:09 GMT")));
    hub.hubFaults.add(new Fault.Status(500, Map.of()));
    fetch("hf:org/tiny");
    assertThat(waits.subList(0, 2)).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(9));
    assertThat(waits).hasSize(3);
    hub.hubFaults.add(new Fault.Status(429, Map.of("Retry-After", "3600")));
    assertThatThrownBy(() -> fetch("hf:org/tiny", Map.of(), true))
        .hasMessageContaining("asks to wait 3600 seconds");
    for (int i = 0; i < 4; i++) {
      hub.hubFaults.add(new Fault.Status(502, Map.of()));
    }
    assertRefused("hf:org/tiny@v2", ErrorCode.INTERNAL, "answers 502");
  }

  @Test
  void picklesAreNeverRead() {
    hub.files.remove("model.safetensors");
    assertRefused(
        "hf:org/tiny", ErrorCode.INVALID_MODEL, "pickles (pytorch_model.bin)", "safetensors");
    assertThat(hub.requests("hub", "HEAD")).isEmpty();
  }

  @Test
  void bringsTheShardsThatTheIndexNames() {
    hub.files.remove("model.safetensors");
    hub.put("model-00001-of-00002.safetensors", "one");
    hub.put("model-00002-of-00002.safetensors", "two");
    hub.put("unused.safetensors", "three");
    String index =
        "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"%s\",\"c\":\"model-00001-of-00002.safetensors\"}}";
    hub.put(FileSelection.INDEX, index.formatted("model-00002-of-00002.safetensors"));
    Path folder = fetch("hf:org/tiny").path();
    assertThat(folder.resolve("model-00002-of-00002.safetensors")).hasContent("two");
    assertThat(folder.resolve("unused.safetensors")).doesNotExist();
    assertThat(fetch("hf:org/tiny").fromCache()).isTrue();
  }

  @Test
  void refusesAnIndexThatLeadsElsewhere() {
    hub.put(FileSelection.INDEX, "{\"weight_map\":{\"a\":\"../../etc/passwd\"}}");
    assertRefused("hf:org/tiny", ErrorCode.INVALID_MODEL, "../../etc/passwd");
  }

  @Test
  void takesTheOnlyGgufOrTheOneThatIsNamed() {
    hub.files.remove("model.safetensors");
    hub.put("tiny-q4.gguf", "GGUF");
    assertThat(fetch("hf:org/tiny").path()).hasFileName("tiny-q4.gguf").hasContent("GGUF");
    hub.put("tiny-q8.gguf", "GGUF8");
    assertThatThrownBy(() -> fetch("hf:org/tiny"))
        .hasMessageContaining("name one, as hf:org/tiny/tiny-q4.gguf: tiny-q4.gguf, tiny-q8.gguf");
    assertThat(fetch("hf:org/tiny/tiny-q8.gguf").path()).hasContent("GGUF8");
    assertThatThrownBy(() -> fetch("hf:org/tiny/tiny-q2.gguf"))
        .hasMessageContaining("no such file; it has tiny-q4.gguf, tiny-q8.gguf");
  }

  @Test
  void bringsAllPartsOfASplitGguf() {
    hub.files.remove("model.safetensors");
    for (int i = 1; i <= 3; i++) {
      hub.put("q4/tiny-0000%d-of-00003.gguf".formatted(i), "GGUF" + i);
    }
    for (String id : List.of("hf:org/tiny", "hf:org/tiny/q4/tiny-00002-of-00003.gguf")) {
      ModelHub.Fetched fetched = fetch(id, Map.of(), true);
      assertThat(fetched.path()).hasFileName("tiny-00001-of-00003.gguf").hasContent("GGUF1");
      assertThat(fetched.path().resolveSibling("tiny-00003-of-00003.gguf")).hasContent("GGUF3");
    }
    assertThat(HubId.parse("hf:org/tiny/q4/tiny-00002-of-00003.gguf").defaultName())
        .isEqualTo("tiny");
    hub.seen.clear();
    assertThat(fetch("hf:org/tiny/q4/tiny-00001-of-00003.gguf").fromCache()).isTrue();
    assertThat(hub.seen).isEmpty();
    hub.files.remove("q4/tiny-00003-of-00003.gguf");
    assertThatThrownBy(() -> fetch("hf:org/tiny/q4/tiny-00001-of-00003.gguf", Map.of(), true))
        .hasMessageContaining("the repository lacks q4/tiny-00003-of-00003.gguf");
  }
}
