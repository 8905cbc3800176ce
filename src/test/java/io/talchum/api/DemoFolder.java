package io.talchum.api;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An empty data directory but for adapters that must be refused. */
public final class DemoFolder implements QuarkusTestResourceLifecycleManager {
  private @Nullable Path dataDir;

  @Override
  public Map<String, String> start() {
    try {
      Path created = Files.createTempDirectory("talchum-demo");
      dataDir = created;
      Path adapters = created.resolve("adapters").resolve(Served.DEMO.base());
      for (String adapter : List.of("llama/refused_xlora", "hostile")) {
        Fixtures.copyOf("adapters/" + adapter, adapters.resolve(Path.of(adapter).getFileName()));
      }
      return Map.of("talchum.data-dir", created.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    Path created = dataDir;
    if (created == null) {
      return;
    }
    try (Stream<Path> tree = Files.walk(created)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
