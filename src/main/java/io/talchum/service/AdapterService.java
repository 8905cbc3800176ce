package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Loads and unloads adapters at run time, as vLLM's endpoints do. */
public final class AdapterService {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");

  private final String baseName;
  private final AdapterCatalog adapters;

  public AdapterService(String baseName, AdapterCatalog adapters) {
    this.baseName = baseName;
    this.adapters = adapters;
  }

  /**
   * Loads a folder under a name.
   *
   * @param baseModel must be the base's name if said
   * @param replace whether a loaded adapter of that name is replaced
   * @throws ServeException ALREADY_EXISTS, INVALID_ADAPTER, FORBIDDEN_PATH, NOT_FOUND,
   *     INVALID_REQUEST
   */
  public AdapterId load(String name, String folder, @Nullable String baseModel, boolean replace) {
    checkName(name);
    if (baseModel != null && !baseModel.equals(baseName)) {
      throw ServeException.invalid(
          "base_model_name",
          "base_model_name '%s' is not served here; leave it out or say '%s'"
              .formatted(Shown.of(baseModel), baseName));
    }
    return adapters.load(name, path(folder), replace);
  }

  /**
   * Takes the name away; running requests finish with the version they have.
   *
   * @throws ServeException NOT_FOUND
   */
  public void unload(String name) {
    if (!adapters.unload(name)) {
      throw ServeException.of(
          ErrorCode.NOT_FOUND,
          "lora_name",
          "The lora adapter '%s' cannot be found.".formatted(Shown.of(name)));
    }
  }

  private void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw ServeException.invalid(
          "lora_name",
          "lora_name '%s' is not a name: 1 to 128 letters, digits, '.', '_', '-' or '/', the first a letter or digit"
              .formatted(Shown.of(name)));
    }
    if (name.equals(baseName)) {
      throw ServeException.of(
          ErrorCode.ALREADY_EXISTS,
          "lora_name",
          "lora_name '%s' is the name of the base model; choose another".formatted(name));
    }
  }

  private static Path path(String folder) {
    try {
      return Path.of(folder);
    } catch (InvalidPathException e) {
      throw ServeException.invalid("lora_path", "lora_path is not a path: " + Shown.of(folder));
    }
  }
}
