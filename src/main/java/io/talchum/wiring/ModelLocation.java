package io.talchum.wiring;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.ModelStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Which folder holds the model package to serve. */
final class ModelLocation {
  /** The package that is served if none is named. */
  static final String DEMO = "demo";

  private final TalchumConfig config;
  private final ModelStore store;

  ModelLocation(TalchumConfig config) {
    this.config = config;
    this.store = new ModelStore(config.dataDir().resolve("models"));
  }

  /**
   * The package's folder.
   *
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  Path directory() {
    String wanted = config.model().orElse(DEMO);
    return store.find(wanted).map(ModelStore.Entry::directory).orElseGet(() -> folder(wanted));
  }

  private Path folder(String wanted) {
    Path folder = Path.of(wanted);
    if (Files.isDirectory(folder)) {
      return folder;
    }
    List<ModelStore.Entry> known = store.list();
    String names =
        known.isEmpty()
            ? "none is imported yet"
            : "there are "
                + known.stream()
                    .map(entry -> entry.manifest().name())
                    .collect(Collectors.joining(", "));
    throw new ServeException(
        ErrorCode.MODEL_NOT_FOUND,
        "no model package '%s' in %s; %s; import one with: ./talchum import SOURCE"
            .formatted(wanted, config.dataDir().resolve("models"), names));
  }
}
