package io.talchum.service;

import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Loads and unloads adapters at run time, as vLLM's endpoints do. */
public final class AdapterService {
  private final String baseName;
  private final AdapterRegistry adapters;
  private final AdapterDirectory directory;
  private final StoredAdapters stored;
  private final AdapterCards cards;

  public AdapterService(
      String baseName,
      AdapterRegistry adapters,
      AdapterDirectory directory,
      StoredAdapters stored,
      AdapterCards cards) {
    this.baseName = baseName;
    this.adapters = adapters;
    this.directory = directory;
    this.stored = stored;
    this.cards = cards;
  }

  /** All loaded adapters, by name. */
  public List<LoadedAdapter> list() {
    return adapters.list().stream().map(cards::of).toList();
  }

  /** The loaded adapter of that name. */
  public Optional<LoadedAdapter> find(String name) {
    return adapters.find(name).map(cards::of);
  }

  /**
   * Loads a folder under a name; returns when requests can use it.
   *
   * @param folder inside the configured roots
   * @param baseModel must be the base's name if said
   * @param replace whether a loaded adapter of that name is replaced
   * @throws ServeException ALREADY_EXISTS, INVALID_ADAPTER, FORBIDDEN_PATH, NOT_FOUND,
   *     INVALID_REQUEST, QUEUE_FULL
   */
  public LoadedAdapter load(
      String name, String folder, @Nullable String baseModel, boolean replace) {
    if (baseModel != null && !baseModel.equals(baseName)) {
      throw ServeException.invalid(
          "base_model_name",
          "base_model_name '%s' is not served here; leave it out or say '%s'"
              .formatted(Printable.of(baseModel), baseName));
    }
    if (stored.has(name)) {
      throw ServeException.of(
          ErrorCode.ALREADY_EXISTS,
          "lora_name",
          "'%s' is an adapter of the store; delete it or choose another name"
              .formatted(Printable.of(name)));
    }
    return cards.of(adapters.load(name, directory.resolve(folder), replace));
  }

  /**
   * Takes the name away; running requests finish with the version they have.
   *
   * @throws ServeException MODEL_NOT_FOUND
   */
  public void unload(String name) {
    adapters.unload(name);
  }
}
