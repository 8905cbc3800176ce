package io.talchum.weights;

import io.talchum.core.ServeException;
import java.nio.file.Path;

/**
 * What to import and how.
 *
 * @param source a Hugging Face folder or a GGUF file
 * @param name of the package: letters, digits, dot, dash, underscore, at most 96
 * @param replace whether a package of that name may be there and is replaced
 * @param tokenizerRequired false only for bare weights, whose package then has no tokenizer
 */
public record ImportRequest(
    Path source,
    String name,
    Quantization linears,
    Quantization head,
    boolean replace,
    boolean tokenizerRequired) {

  static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";

  public ImportRequest {
    if (!name.matches(NAME)) {
      throw ServeException.invalid(
          "name",
          "name \"%s\" must be 1 to 96 letters, digits, dots, dashes or underscores, starting with a letter or digit"
              .formatted(name));
    }
  }

  /** Everything {@link Quantization#AUTO}, under a new name. */
  public static ImportRequest of(Path source, String name) {
    return new ImportRequest(source, name, Quantization.AUTO, Quantization.AUTO, false, true);
  }

  public ImportRequest quantized(Quantization linears, Quantization head) {
    return new ImportRequest(source, name, linears, head, replace, tokenizerRequired);
  }

  public ImportRequest replacing() {
    return new ImportRequest(source, name, linears, head, true, tokenizerRequired);
  }

  public ImportRequest withoutTokenizer() {
    return new ImportRequest(source, name, linears, head, replace, false);
  }

  /** The source's file or folder name without extension, made fit for a package name. */
  public static String defaultName(Path source) {
    String file = MappedFile.name(source.toAbsolutePath().normalize());
    String plain = file.replaceFirst("\\.gguf$", "").replaceAll("[^A-Za-z0-9._-]+", "-");
    String trimmed = plain.replaceFirst("^[^A-Za-z0-9]+", "");
    String name = trimmed.isEmpty() ? "model" : trimmed;
    return name.substring(0, Math.min(96, name.length()));
  }
}
