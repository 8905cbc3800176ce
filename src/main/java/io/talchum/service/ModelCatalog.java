package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.huggingface.HubId;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelStore;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.quantize.QuantizationRules;
import io.talchum.weights.quantize.TensorRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  /** All packages that can be served, by name. */
  public List<ModelSummary> list() {
    return store.list().stream().map(ModelSummary::of).toList();
  }

  /** The packages that this build cannot read, by name, each with what helps. */
  public Map<String, String> unusable() {
    Map<String, String> reasons = new LinkedHashMap<>();
    store.unusable().forEach(found -> reasons.put(found.name(), found.reason()));
    return reasons;
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
   * model, which is installed when it is needed first, and anew over that of an older build.
   *
   * @param wanted a package's name, or the folder of one
   * @throws ServeException MODEL_NOT_FOUND with the known names; INVALID_REQUEST if there are
   *     several and none was named; INVALID_MODEL if this build cannot read it
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
              .formatted(Printable.of(model)));
    }
    return folder;
  }

  /**
   * Where the adapter store of a model lies; need not exist.
   *
   * @throws ServeException INVALID_MODEL if the model's name is no plain name
   */
  public Path adapterStoreOf(String model) {
    String name = String.valueOf(adaptersOf(model).getFileName());
    return dataDir.resolve("adapter-store").resolve(name);
  }

  private Path chosen() {
    List<ModelStore.Entry> imported =
        store.list().stream().filter(e -> !e.manifest().name().equals(DemoModel.NAME)).toList();
    return switch (imported.size()) {
      case 0 -> demoUnlessOthersWait();
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
              if (ModelStore.isPackage(folder)) {
                return folder;
              }
              throw ServeException.of(
                  ErrorCode.MODEL_NOT_FOUND,
                  "model",
                  "there is no model '%s'; %s".formatted(Printable.of(wanted), advice(wanted)));
            });
  }

  /** What to type in place of a name that is no model's. */
  private String advice(String wanted) {
    String shown = Printable.of(wanted);
    if (Files.exists(Path.of(wanted))) {
      return "it is not imported yet: ./talchum import " + shown;
    }
    if (HubId.isHubId(wanted) || HubId.looksLikeRepository(wanted)) {
      return "known are %s; one of the Hugging Face hub is imported first: ./talchum import %s%s"
          .formatted(names(), HubId.isHubId(wanted) ? "" : "hf:", shown);
    }
    return "known are %s; see ./talchum models and ./talchum import".formatted(names());
  }

  /**
   * Removes a package; its adapters stay.
   *
   * @return the bytes that it took
   * @throws ServeException MODEL_NOT_FOUND with the known names; INVALID_REQUEST if a server has it
   */
  public long remove(String name) {
    return store
        .remove(name)
        .orElseThrow(
            () ->
                ServeException.of(
                    ErrorCode.MODEL_NOT_FOUND,
                    "model",
                    "there is no model '%s' to remove; known are %s"
                        .formatted(Printable.of(name), allNames())));
  }

  private String allNames() {
    List<String> names =
        new ArrayList<>(store.list().stream().map(e -> e.manifest().name()).toList());
    store.unusable().forEach(found -> names.add(found.name()));
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  /** The demo model is no answer to somebody whose own model needs a new import. */
  private Path demoUnlessOthersWait() {
    List<String> waiting =
        store.unusable().stream()
            .filter(found -> !found.name().equals(DemoModel.NAME))
            .map(found -> "%s was %s".formatted(found.name(), found.reason()))
            .toList();
    if (!waiting.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "no model can be served: %s; or serve the demo model: --model %s"
              .formatted(String.join("; ", waiting), DemoModel.NAME));
    }
    return demo();
  }

  private Path demo() {
    if (store.isStale(DemoModel.NAME) || store.find(DemoModel.NAME).isEmpty()) {
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
