package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the services need of the adapter registry. Any thread. */
public interface AdapterCatalog {
  /** A loaded adapter. */
  record Loaded(AdapterId id, String source, Instant loaded) {}

  /**
   * The right to use the named adapter.
   *
   * @param version beginning of the hash; null is the current one
   */
  Optional<AdapterLease> acquire(String name, @Nullable String version);

  List<Loaded> list();

  /**
   * Reads, checks and publishes the folder under the name.
   *
   * @param replace whether a name in use is pointed to the new version
   */
  AdapterId load(String name, Path folder, boolean replace);

  /** Takes the name away; running requests keep their version. False if there is none. */
  boolean unload(String name);
}
