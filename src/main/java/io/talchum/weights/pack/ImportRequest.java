package io.talchum.weights.pack;

import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.quantize.QuantizationRules;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What to import and how.
 *
 * @param source a Hugging Face folder or a GGUF file
 * @param name of the package: letters, digits, dot, dash, underscore, at most 96
 * @param origin where the source came from; null takes the name of the file or folder
 * @param replace whether a package of that name may be there and is replaced
 * @param tokenizerRequired false only for bare weights, whose package then has no tokenizer
 */
public record ImportRequest(
    Path source,
    String name,
    @Nullable String origin,
    QuantizationRules rules,
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
    return new ImportRequest(source, name, null, QuantizationRules.AUTO, false, true);
  }

  public ImportRequest with(QuantizationRules other) {
    return new ImportRequest(source, name, origin, other, replace, tokenizerRequired);
  }

  /** With one rule for the linears and one for embedding and head. */
  public ImportRequest quantized(Quantization linears, Quantization tables) {
    return with(QuantizationRules.of(linears, tables));
  }

  /** The same from a place that its path does not show. */
  public ImportRequest from(@Nullable String place) {
    return new ImportRequest(source, name, place, rules, replace, tokenizerRequired);
  }

  public ImportRequest replacing() {
    return new ImportRequest(source, name, origin, rules, true, tokenizerRequired);
  }

  public ImportRequest withoutTokenizer() {
    return new ImportRequest(source, name, origin, rules, replace, false);
  }

  /** The source's file or folder name without part and extension, fit for a package name. */
  public static String defaultName(Path source) {
    String file = MappedFile.name(source.toAbsolutePath().normalize());
    String plain =
        file.replaceFirst("(-\\d{5}-of-\\d{5})?\\.gguf$", "").replaceAll("[^A-Za-z0-9._-]+", "-");
    String trimmed = plain.replaceFirst("^[^A-Za-z0-9]+", "");
    String name = trimmed.isEmpty() ? "model" : trimmed;
    return name.substring(0, Math.min(96, name.length()));
  }
}
