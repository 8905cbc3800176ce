package io.talchum.huggingface;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the cache has of a model, without asking the hub. */
final class CachedModel {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private CachedModel() {}

  /**
   * The model if the cache has it.
   *
   * @param strict whether it must be certain that the repository has nothing more to read
   */
  static Optional<ModelHub.Fetched> find(HubCache cache, HubId id, boolean strict)
      throws IOException {
    Optional<String> known = cache.commit(id);
    if (known.isEmpty()) {
      return Optional.empty();
    }
    String commit = known.get();
    Path folder = cache.snapshot(commit);
    if (id.file() != null) {
      return hasParts(cache, commit, id.file()) ? found(first(folder, id.file()), commit) : none();
    }
    if (hasCheckpoint(cache, commit)) {
      boolean certain =
          FileSelection.OPTIONAL.stream()
              .allMatch(file -> cache.has(commit, file) || cache.isAbsent(commit, file));
      return certain || !strict ? found(folder, commit) : none();
    }
    List<String> ggufs = ggufs(folder);
    return !strict && ggufs.size() == 1 && hasParts(cache, commit, ggufs.getFirst())
        ? found(folder.resolve(ggufs.getFirst()), commit)
        : none();
  }

  /** The shards that a snapshot's index names. */
  static Set<String> shards(Path snapshot) throws IOException {
    Set<String> shards = new TreeSet<>();
    try (InputStream in = Files.newInputStream(snapshot.resolve(FileSelection.INDEX))) {
      for (JsonNode shard : MAPPER.readTree(in).path("weight_map")) {
        shards.add(shard.asText());
      }
    }
    return shards;
  }

  private static boolean hasCheckpoint(HubCache cache, String commit) throws IOException {
    if (!cache.has(commit, FileSelection.CONFIG)) {
      return false;
    }
    if (!cache.has(commit, FileSelection.INDEX)) {
      return cache.has(commit, FileSelection.SINGLE);
    }
    Set<String> shards = shards(cache.snapshot(commit));
    return !shards.isEmpty()
        && shards.stream().allMatch(s -> HubId.isFileName(s) && cache.has(commit, s));
  }

  private static boolean hasParts(HubCache cache, String commit, String gguf) {
    return GgufParts.of(gguf).stream().allMatch(part -> cache.has(commit, part));
  }

  private static Path first(Path folder, String gguf) {
    return folder.resolve(GgufParts.of(gguf).iterator().next());
  }

  private static List<String> ggufs(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".gguf") && Files.isRegularFile(file))
          .map(file -> String.valueOf(file.getFileName()))
          .filter(GgufParts::isFirst)
          .toList();
    }
  }

  private static Optional<ModelHub.Fetched> found(Path path, String commit) {
    return Optional.of(new ModelHub.Fetched(path, commit, true));
  }

  private static Optional<ModelHub.Fetched> none() {
    return Optional.empty();
  }
}
