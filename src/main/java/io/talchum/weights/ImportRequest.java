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
    Path source, String name, QuantizationRules rules, boolean replace, boolean tokenizerRequired) {

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
    return new ImportRequest(source, name, QuantizationRules.AUTO, false, true);
  }

  public ImportRequest with(QuantizationRules other) {
    return new ImportRequest(source, name, other, replace, tokenizerRequired);
  }

  /** With one rule for the linears and one for embedding and head. */
  public ImportRequest quantized(Quantization linears, Quantization tables) {
    return with(QuantizationRules.of(linears, tables));
  }

  public ImportRequest replacing() {
    return new ImportRequest(source, name, rules, true, tokenizerRequired);
  }

  public ImportRequest withoutTokenizer() {
    return new ImportRequest(source, name, rules, replace, false);
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
