package io.talchum.huggingface;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Finds models by hub id: in the cache, else by download into it. One thread. */
public final class ModelHub {
  private static final int MAX_JSON_BYTES = 32 << 20;
  private static final int MAX_FILES = 100_000;
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final HubSettings settings;
  private final HubClient client;

  public ModelHub(HubSettings settings, InstantSource clock) {
    this(settings, RetryPolicy.DEFAULT, clock);
  }

  ModelHub(HubSettings settings, RetryPolicy retries, InstantSource clock) {
    this.settings = settings;
    this.client = new HubClient(settings, retries, clock);
  }

  /**
   * A model on this machine.
   *
   * @param path a folder with safetensors, or a GGUF file
   * @param commit what the revision means
   * @param fromCache whether the hub was not asked
   */
  public record Fetched(Path path, String commit, boolean fromCache) {}

  /** Told how far a download is, on the thread that fetches. */
  @FunctionalInterface
  public interface Progress {
    void onProgress(long bytesDone, long bytesTotal, String file);
  }

  /**
   * The model's files; what is missing is downloaded.
   *
   * @param refresh whether the hub is asked even if the cache has all files
   * @throws ServeException NOT_FOUND, UNAUTHENTICATED, INVALID_MODEL, INTERNAL
   */
  public Fetched fetch(HubId id, boolean refresh, Progress progress) {
    HubCache cache = new HubCache(settings.cache(), id.repo());
    try {
      Optional<Fetched> cached = CachedModel.find(cache, id, !settings.offline());
      if (cached.isPresent() && !(refresh && !settings.offline())) {
        return cached.get();
      }
      if (settings.offline()) {
        throw new ServeException(
            ErrorCode.NOT_FOUND,
            "%s is not complete in the cache (%s), and HF_HUB_OFFLINE forbids to ask %s for it; unset that variable, or name a folder or a GGUF file"
                .formatted(id, settings.cache(), host()));
      }
      return online(id, cache, progress);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "%s is not complete in the cache (%s), and %s cannot be reached (%s); check the network and HF_ENDPOINT (HF_HUB_OFFLINE=1 would take the cache alone)"
              .formatted(id, settings.cache(), host(), reason(e)),
          e);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "%s: the download from %s failed (%s); run the command again, it goes on where it stopped"
              .formatted(id, host(), reason(e)),
          e);
    }
  }

  private String host() {
    return settings.endpoint().getAuthority();
  }

  private Fetched online(HubId id, HubCache cache, Progress progress) throws IOException {
    HttpResponse<InputStream> answer;
    try {
      answer = client.repository(id);
    } catch (IOException e) {
      return CachedModel.find(cache, id, false).orElseThrow(() -> e);
    }
    JsonNode repository = json(id, answer);
    String commit = repository.path("sha").asText();
    if (!commit.matches("[0-9a-f]{40}")) {
      throw FileSelection.refused(id, "the hub's answer names no commit");
    }
    Set<String> files = new TreeSet<>();
    repository.path("siblings").forEach(file -> files.add(file.path("rfilename").asText()));
    if (files.size() > MAX_FILES) {
      throw FileSelection.refused(id, "the repository has " + files.size() + " files");
    }
    Set<String> wanted = FileSelection.of(id, files);
    bring(id, cache, commit, wanted, progress);
    if (wanted.contains(FileSelection.INDEX)) {
      bring(id, cache, commit, shards(id, cache.snapshot(commit), files), progress);
    }
    for (String optional : FileSelection.OPTIONAL) {
      if (!files.contains(optional)) {
        cache.markAbsent(commit, optional);
      }
    }
    cache.writeRef(id, commit);
    boolean isFolder = wanted.contains(FileSelection.CONFIG);
    Path folder = cache.snapshot(commit);
    return new Fetched(isFolder ? folder : folder.resolve(wanted.iterator().next()), commit, false);
  }

  private void bring(HubId id, HubCache cache, String commit, Set<String> wanted, Progress progress)
      throws IOException {
    List<RemoteFile> missing = new ArrayList<>();
    for (String name : wanted) {
      if (!cache.has(commit, name)) {
        missing.add(describe(id, commit, name));
      }
    }
    long total = missing.stream().mapToLong(RemoteFile::sizeBytes).sum();
    checkSpace(id, cache, missing, total);
    long done = 0;
    for (RemoteFile file : missing) {
      long before = done;
      Path blob = cache.blob(file.etag());
      try (FileChannel unused = cache.lock(file.etag())) {
        if (!Files.isRegularFile(blob) || Files.size(blob) != file.sizeBytes()) {
          new Download(
                  client,
                  id,
                  commit,
                  file,
                  bytes -> progress.onProgress(before + bytes, total, file.name()))
              .into(blob);
        }
      }
      cache.link(commit, file.name(), blob);
      done += file.sizeBytes();
      progress.onProgress(done, total, file.name());
    }
  }

  private RemoteFile describe(HubId id, String commit, String name) throws IOException {
    HttpResponse<InputStream> head = client.head(id, commit, name);
    head.body().close();
    String etag =
        head.headers()
            .firstValue("X-Linked-Etag")
            .or(() -> head.headers().firstValue("ETag"))
            .orElse("")
            .replaceFirst("^W/", "")
            .replace("\"", "");
    long size =
        head.headers()
            .firstValueAsLong("X-Linked-Size")
            .orElse(head.headers().firstValueAsLong("Content-Length").orElse(-1));
    if (!Checksum.isKnown(etag) || size < 0) {
      throw FileSelection.refused(
          id, "the hub names neither checksum nor size of " + name + ", so it cannot be trusted");
    }
    return new RemoteFile(name, etag, size);
  }

  private static void checkSpace(HubId id, HubCache cache, List<RemoteFile> missing, long total)
      throws IOException {
    if (missing.isEmpty()) {
      return;
    }
    long free =
        Files.getFileStore(cache.blob(missing.getFirst().etag()).getParent()).getUsableSpace();
    if (total > free) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "%s needs %d MB, but the cache's disk has %d MB left; make room or set HF_HUB_CACHE"
              .formatted(id, total / 1_000_000, free / 1_000_000));
    }
  }

  private static Set<String> shards(HubId id, Path folder, Set<String> files) throws IOException {
    Set<String> shards = CachedModel.shards(folder);
    for (String shard : shards) {
      if (!files.contains(shard) || !HubId.isFileName(shard) || !shard.endsWith(".safetensors")) {
        throw FileSelection.refused(
            id,
            "%s names %s, which the repository does not have"
                .formatted(FileSelection.INDEX, shard));
      }
    }
    return shards;
  }

  private static JsonNode json(HubId id, HttpResponse<InputStream> answer) throws IOException {
    try (InputStream in = answer.body()) {
      byte[] bytes = in.readNBytes(MAX_JSON_BYTES + 1);
      if (bytes.length > MAX_JSON_BYTES) {
        throw FileSelection.refused(id, "the hub's answer is too large");
      }
      return MAPPER.readTree(bytes);
    }
  }

  /** What went wrong, without addresses that are signed. */
  private static String reason(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return "its name is not known";
      }
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
