package io.talchum.cli;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.HubModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * What is imported: a path, or what a hub id brought.
 *
 * @param origin the hub id with its commit; null for a path
 * @param name that a hub id suggests; null for a path
 */
record ImportSource(Path path, @Nullable String origin, @Nullable String name) {

  /**
   * Brings a hub id's files and says so; a path stays one.
   *
   * @throws io.talchum.core.ServeException if the hub refuses or fails
   */
  static ImportSource of(String source, boolean refresh, ProcessEnvironment process) {
    if (!HubModels.isHubId(source)) {
      return new ImportSource(existing(source), null, null);
    }
    ProgressBar progress = new ProgressBar(process);
    HubModels.Fetched fetched;
    try {
      fetched =
          new HubModels(process.environment(), process.home(), InstantSource.system())
              .fetch(source, refresh, progress);
    } finally {
      progress.end();
    }
    process
        .err()
        .printf(
            fetched.fromCache()
                ? "%s, from the cache (--refresh looks for a newer commit).%n"
                : "%s is in the cache now.%n",
            fetched.origin());
    return new ImportSource(fetched.path(), fetched.origin(), fetched.name());
  }

  private static Path existing(String source) {
    Path path = Path.of(source);
    if (!Files.exists(path)) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "there is no file or folder %s%s"
              .formatted(
                  source,
                  HubModels.looksLikeRepository(source)
                      ? "; a model of the Hugging Face hub is named hf:" + source
                      : ""));
    }
    return path;
  }
}
