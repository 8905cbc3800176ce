package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.ImportRequest;
import io.talchum.weights.ModelImporter;
import io.talchum.weights.ModelStore;
import io.talchum.weights.Quantization;
import io.talchum.weights.QuantizationRules;
import io.talchum.weights.TensorRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The model packages of a data directory: which there are, new ones, which one is served.
 *
 * <p>Packages lie in {@code models/NAME}, the adapters of each in {@code adapters/NAME}.
 */
public final class ModelCatalog {
  private final Path dataDir;
  private final ModelStore store;

  /**
   * @param dataDir need not exist yet
   */
  public ModelCatalog(Path dataDir) {
    this.dataDir = dataDir;
    this.store = new ModelStore(dataDir.resolve("models"));
  }

  /**
   * All packages, by name.
   *
   * @throws ServeException INVALID_MODEL if one is broken
   */
  public List<ModelSummary> list() {
    return store.list().stream().map(ModelSummary::of).toList();
  }

  /**
   * Makes a package of a checkpoint; nothing is left behind if that fails.
   *
   * @throws ServeException INVALID_MODEL, INVALID_REQUEST, ALREADY_EXISTS, INTERNAL
   */
  public ModelSummary importModel(ModelSource source, ImportProgress progress) {
    return importModel(source, null, progress);
  }

  /**
   * The same.
   *
   * @param origin what the manifest says of where the source came from; null takes its name
   */
  public ModelSummary importModel(
      ModelSource source, @Nullable String origin, ImportProgress progress) {
    String given = source.name();
    String name = given == null ? ImportRequest.defaultName(source.path()) : given;
    ImportRequest request = ImportRequest.of(source.path(), name).from(origin).with(rules(source));
    new ModelImporter().run(request, store.modelsDir(), progress::onProgress);
    return store.find(name).map(ModelSummary::of).orElseThrow();
  }

  /**
   * The folder of the package to serve. Without a wish: the only one that was imported, or the demo
   * model, which is installed when it is needed first.
   *
   * @param wanted a package's name, or the folder of one
   * @throws ServeException MODEL_NOT_FOUND with the known names; INVALID_REQUEST if there are
   *     several and none was named
   */
  public Path toServe(@Nullable String wanted) {
    return wanted == null ? chosen() : named(wanted);
  }

  /**
   * Where the adapters of a model lie; need not exist.
   *
   * @throws ServeException INVALID_MODEL if the model's name is no plain name
   */
  public Path adaptersOf(String model) {
    Path root = dataDir.resolve("adapters").normalize();
    Path folder = root.resolve(model).normalize();
    if (!root.equals(folder.getParent())) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "the model's name '%s' is no plain name; import it again with --name"
              .formatted(Shown.of(model)));
    }
    return folder;
  }

  private Path chosen() {
    List<ModelStore.Entry> imported =
        store.list().stream().filter(e -> !e.manifest().name().equals(DemoModel.NAME)).toList();
    return switch (imported.size()) {
      case 0 -> demo();
      case 1 -> imported.getFirst().directory();
      default ->
          throw ServeException.invalid(
              "model",
              "there are several models (%s); choose one with --model NAME".formatted(names()));
    };
  }

  private Path named(String wanted) {
    if (wanted.equals(DemoModel.NAME)) {
      return demo();
    }
    return store
        .find(wanted)
        .map(ModelStore.Entry::directory)
        .orElseGet(
            () -> {
              Path folder = Path.of(wanted);
              if (Files.isDirectory(folder)) {
                return folder;
              }
              throw ServeException.of(
                  ErrorCode.MODEL_NOT_FOUND,
                  "model",
                  "there is no model '%s'; known are %s; see ./talchum models and ./talchum import"
                      .formatted(Shown.of(wanted), names()));
            });
  }

  private Path demo() {
    if (store.find(DemoModel.NAME).isEmpty()) {
      DemoModel.install(store.modelsDir(), adaptersOf(DemoModel.NAME));
    }
    return store.modelsDir().resolve(DemoModel.NAME);
  }

  private String names() {
    List<String> names = store.list().stream().map(e -> e.manifest().name()).toList();
    return names.isEmpty()
        ? "only " + DemoModel.NAME
        : names.stream().collect(Collectors.joining(", "));
  }

  private static QuantizationRules rules(ModelSource source) {
    List<TensorRule> tensors = new ArrayList<>();
    source
        .tensors()
        .forEach((pattern, rule) -> tensors.add(new TensorRule(pattern, quantization(rule))));
    return new QuantizationRules(
        quantization(source.linears()),
        quantization(source.embedding()),
        quantization(source.head()),
        tensors);
  }

  private static Quantization quantization(ModelSource.Quantization choice) {
    return Quantization.valueOf(choice.name());
  }
}
