package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.testing.Families;
import io.talchum.testing.Fixtures;
import io.talchum.text.jinja.GoldenCases;
import io.talchum.weights.gguf.GgufFromHf;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Measures every family from every source and writes the table of docs/models.md; the committed one
 * must have the same rows and verdicts, whatever the last digits of the errors are.
 */
class ModelTableTest {
  private static final float TOLERANCE = 2e-3f;
  private static final Path DOCUMENT = Path.of("docs", "models.md");
  private static final Path WRITTEN = Path.of("target", "models-table.md");
  private static final String BEGIN = "| family | source | kept as | logits, max error |";

  /** One source of a family, and how its weights were kept. */
  private record Source(String family, String format, String kept, Path path, String golden) {}

  /** What transformers' goldens say about it. */
  private record Verdict(float maxError, int equalTexts, int texts) {}

  @Test
  void theCommittedTableHasTheseRowsAndVerdicts(@TempDir Path folder) throws IOException {
    List<String> rows = new ArrayList<>();
    rows.add(BEGIN + " within 0.002 | same text | its chat template |");
    rows.add("|---|---|---|---|---|---|---|");
    for (Source source : sources(folder)) {
      Verdict verdict = measure(source, folder);
      rows.add(
          "| %s | %s | %s | %.0e | %s | %d of %d | %s |"
              .formatted(
                  source.family(),
                  source.format(),
                  source.kept(),
                  verdict.maxError(),
                  verdict.maxError() < TOLERANCE ? "yes" : "no",
                  verdict.equalTexts(),
                  verdict.texts(),
                  templateCases(source.family())));
    }
    Files.createDirectories(WRITTEN.getParent());
    Files.write(WRITTEN, rows);
    assertThat(withoutDigits(committed()))
        .as("%s differs from %s", DOCUMENT, WRITTEN)
        .isEqualTo(withoutDigits(rows));
  }

  private static List<String> committed() throws IOException {
    List<String> lines = Files.readAllLines(DOCUMENT);
    return lines.stream()
        .dropWhile(line -> !line.startsWith(BEGIN))
        .takeWhile(line -> line.startsWith("|"))
        .toList();
  }

  private static List<String> withoutDigits(List<String> rows) {
    return rows.stream().map(row -> row.replaceFirst("\\de-\\d\\d", "error")).toList();
  }

  private static List<Source> sources(Path folder) throws IOException {
    List<Source> sources = new ArrayList<>();
    Families.all()
        .forEach(
            family ->
                sources.add(
                    new Source(
                        family,
                        "safetensors",
                        "fp32",
                        Fixtures.path("models/" + family),
                        "models/" + family + "/golden.safetensors")));
    try (Stream<Path> files = Files.list(Fixtures.path("gguf"))) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".golden.safetensors"))
          .sorted()
          .map(name -> name.replace(".golden.safetensors", ""))
          .forEach(name -> sources.add(gguf(name)));
    }
    Stream.of("granite", "llama_linear", "llama_yarn", "olmo2", "phi3", "phi3_longrope")
        .forEach(family -> sources.add(converted(family, folder)));
    Stream.of("gemma2", "mistral", "starcoder2")
        .forEach(family -> sources.add(convertedWithAllKeys(family, folder)));
    return sources;
  }

  private static Source gguf(String name) {
    String family = name.substring(0, name.indexOf('.')).replace("k256", "llama (k256)");
    String type = name.substring(name.indexOf('.') + 1);
    return new Source(
        family,
        "GGUF " + type,
        type.contains("F") ? "fp32" : "blocks",
        Fixtures.path("gguf/" + name + ".gguf"),
        "gguf/" + name + ".golden.safetensors");
  }

  /** A GGUF file written by the test, for families that no recorded one is of. */
  private static Source converted(String family, Path folder) {
    return new Source(
        family,
        "GGUF F32 (converted by the test)",
        "fp32",
        GgufFromHf.write(family, folder.resolve(family + ".gguf")),
        "models/" + family + "/golden.safetensors");
  }

  /** With the keys that the common converter leaves out: the goldens have windows and scale. */
  private static Source convertedWithAllKeys(String family, Path folder) {
    return new Source(
        family,
        "GGUF F32 (converted by the test, all keys)",
        "fp32",
        GgufFromHf.writeWithAllKeys(family, folder.resolve(family + "-keys.gguf")),
        "models/" + family + "/golden.safetensors");
  }

  private static Verdict measure(Source source, Path folder) {
    Quantization kept = source.kept().equals("blocks") ? Quantization.AUTO : Quantization.NONE;
    try (ModelPackage model =
            TinyModels.imported(
                source.path(), source.family() + source.format(), kept, kept, folder);
        OnnxModelExecutor executor = TinyModels.exact(model, 1);
        Fixtures.Goldens goldens = Fixtures.goldens(source.golden())) {
      float maxError = 0;
      int equal = 0;
      int texts = 0;
      for (; goldens.has("p" + texts + ".input_ids"); texts++) {
        int[] prompt = goldens.ints("p" + texts + ".input_ids");
        float[][] logits = TinyModels.prefill(executor, 0, prompt, 64);
        float error = TinyModels.maxDifference(logits, goldens.rows("p" + texts + ".logits"));
        maxError = error <= maxError ? maxError : error;
        int[] greedy = goldens.ints("p" + texts + ".greedy_ids");
        equal += Arrays.equals(TinyModels.greedy(executor, prompt, greedy.length), greedy) ? 1 : 0;
      }
      return new Verdict(maxError, equal, texts);
    }
  }

  private static String templateCases(String family) throws IOException {
    String file = "templates/own_" + template(family) + ".jinja";
    Path folder = Fixtures.path("chat_templates");
    String template = Files.readString(folder.resolve(file));
    List<JsonNode> cases =
        Fixtures.lines("chat_templates/cases.jsonl").stream()
            .filter(one -> one.path("template_file").asText().equals(file))
            .filter(one -> one.path("mode").asText().equals("render"))
            .toList();
    int different = GoldenCases.differences(cases, one -> template).size();
    return "%d of %d".formatted(cases.size() - different, cases.size());
  }

  private static String template(String family) {
    return switch (family.toLowerCase(Locale.ROOT).replaceAll("[^a-z].*", "")) {
      case "gemma" -> "gemma";
      case "llama" -> "llama3";
      case "mistral" -> "inst";
      case "phi" -> "phi";
      case "qwen" -> "qwen";
      default -> "plain";
    };
  }
}
