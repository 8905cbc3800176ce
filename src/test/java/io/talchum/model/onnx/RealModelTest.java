package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ProductPrecision;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SmolLM2-135M-Instruct against transformers and PEFT in fp32. Needs {@code -Dtalchum.real-model}
 * (the GGUF file) and {@code -Dtalchum.shared} (the folder with {@code real-model/}); see
 * docs/testing.md.
 */
@Tag("real-model")
class RealModelTest {
  private static final int CONTEXT = 2048;
  private static final float LOGIT_TOLERANCE = 5e-3f;

  private final Path folder;

  RealModelTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The default import keeps the file's own blocks, so it must not differ from fp32 weights. */
  @ParameterizedTest
  @CsvSource({"NONE, EXACT", "AUTO, EXACT", "AUTO, INT16"})
  void productsReproduceLogitsAndGreedyText(Quantization quantization, ProductPrecision products)
      throws IOException {
    JsonNode golden = json("golden_smollm2.json");
    try (ModelPackage model = imported(quantization);
        OnnxModelExecutor executor = executor(model, products)) {
      for (String group : new String[] {"chat", "raw"}) {
        for (JsonNode test : golden.get(group)) {
          checkTop(executor, test, ints(test.get("ids")));
          assertThat(
                  TinyModels.greedy(executor, ints(test.get("ids")), test.get("greedy_ids").size()))
              .as(test.get("name").asText())
              .isEqualTo(ints(test.get("greedy_ids")));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rand-r8-0", "rand-r16-0"})
  void adaptersGivePeftsLogits(String name) throws IOException {
    JsonNode golden = json("lora/golden_lora.json");
    JsonNode expected = golden.get("adapters").get(name);
    int[] prompt = ints(golden.get("prompt_ids"));
    try (ModelPackage model = imported(Quantization.NONE);
        OnnxModelExecutor executor = executor(model);
        ResidentAdapter adapter = adapter(executor, "lora/" + name)) {
      executor.bind(0, adapter);
      checkTop(executor, expected, prompt);
      assertThat(TinyModels.greedy(executor, prompt, expected.get("greedy_ids").size()))
          .isEqualTo(ints(expected.get("greedy_ids")));
    }
  }

  @Test
  void theTrainedAdapterAnswersInCapitals() throws IOException {
    try (ModelPackage model = imported(Quantization.NONE);
        OnnxModelExecutor executor = executor(model);
        ResidentAdapter adapter = adapter(executor, "smollm2-caps")) {
      executor.bind(0, adapter);
      for (JsonNode test : json("smollm2-caps/expected.json").get("cases")) {
        int[] expected = ints(test.get("greedy_ids"));
        assertThat(TinyModels.greedy(executor, ints(test.get("ids")), expected.length))
            .isEqualTo(expected);
      }
    }
  }

  /** quality.md: 9.611 with the file's own weights. */
  @ParameterizedTest
  @ValueSource(strings = {"AUTO", "INT8", "INT4"})
  void importsThatLoseNothingKeepTheFilesPerplexity(Quantization quantization) throws IOException {
    try (ModelPackage model = imported(quantization);
        OnnxModelExecutor executor = executor(model)) {
      double nats = 0;
      int tokens = 0;
      for (JsonNode text : json("quality_text.json").get("texts")) {
        int[] ids = ints(text.get("smollm2_ids"));
        float[][] logits = TinyModels.prefill(executor, 0, ids, 128);
        for (int i = 0; i + 1 < ids.length; i++) {
          nats -= logprob(logits[i], ids[i + 1]);
          tokens++;
        }
      }
      assertThat(Math.exp(nats / tokens)).isCloseTo(9.611, within(0.096));
    }
  }

  /** docs/models.md has the figures. */
  @ParameterizedTest
  @CsvSource({"INT16, 0.05, 1e-6, 0.999", "INT8, 10, 0.006, 0.95"})
  void roundedProductsStayClose(
      ProductPrecision products, float logits, double klDivergence, double sameTop)
      throws IOException {
    LogitDifference difference = new LogitDifference();
    double[] nats = new double[2];
    int tokens = 0;
    try (ModelPackage model = imported(Quantization.AUTO);
        OnnxModelExecutor exact = executor(model);
        OnnxModelExecutor rounded = executor(model, products)) {
      for (JsonNode text : json("quality_text.json").get("texts")) {
        int[] all = ints(text.get("smollm2_ids"));
        for (int start = 0; start < all.length; start += 256) {
          int[] ids = Arrays.copyOfRange(all, start, Math.min(all.length, start + 256));
          float[][] expected = TinyModels.prefill(exact, 0, ids, 128);
          float[][] actual = TinyModels.prefill(rounded, 0, ids, 128);
          difference.add(expected, actual);
          for (int i = 0; i + 1 < ids.length; i++, tokens++) {
            nats[0] -= logprob(expected[i], ids[i + 1]);
            nats[1] -= logprob(actual[i], ids[i + 1]);
          }
        }
      }
    }
    String figures =
        "%s: %s, perplexity %.4f, exact %.4f"
            .formatted(
                products, difference, Math.exp(nats[1] / tokens), Math.exp(nats[0] / tokens));
    assertThat(difference.largest()).as(figures).isLessThan(logits);
    assertThat(difference.klDivergence()).as(figures).isLessThan(klDivergence);
    assertThat(difference.sameTop()).as(figures).isGreaterThan(sameTop);
    assertThat((nats[1] - nats[0]) / tokens).as(figures).isBetween(-0.01, 0.01);
  }

  private static void checkTop(OnnxModelExecutor executor, JsonNode expected, int[] prompt) {
    float[] last = TinyModels.prefill(executor, 0, prompt, 128)[prompt.length - 1];
    for (int i = 0; i < 20; i++) {
      assertThat(last[expected.get("top20_ids").get(i).asInt()])
          .isCloseTo(
              (float) expected.get("top20_logits").get(i).asDouble(), within(LOGIT_TOLERANCE));
    }
  }

  private static double logprob(float[] logits, int id) {
    return LogitDifference.logSoftmax(logits)[id];
  }

  private ModelPackage imported(Quantization quantization) {
    Path source = required("talchum.real-model");
    ImportRequest request =
        ImportRequest.of(source, "smollm2").quantized(quantization, head(quantization));
    return ModelPackage.open(new ModelImporter().run(request, folder, (done, total, tensor) -> {}));
  }

  private static Quantization head(Quantization linears) {
    return linears == Quantization.NONE ? Quantization.NONE : Quantization.AUTO;
  }

  private static OnnxModelExecutor executor(ModelPackage model) {
    return executor(model, ProductPrecision.EXACT);
  }

  private static OnnxModelExecutor executor(ModelPackage model, ProductPrecision products) {
    return OnnxModelExecutor.open(
        model, new ExecutorOptions(1, CONTEXT, 128, 2, false, KvScales.NONE, products));
  }

  private static ResidentAdapter adapter(OnnxModelExecutor executor, String name) {
    return executor.prepare(
        new PeftReader(new ZeroBase(executor.spec()))
            .read(required("talchum.shared").resolve("real-model").resolve(name))
            .weights());
  }

  private static JsonNode json(String name) throws IOException {
    return new JsonMapper()
        .readTree(required("talchum.shared").resolve("real-model").resolve(name).toFile());
  }

  /** A missing file is a failure: who runs this group wants it to run. */
  private static Path required(String property) {
    String value = System.getProperty(property, "");
    assertThat(value).as("system property %s", property).isNotEmpty();
    Path path = Path.of(value);
    assertThat(Files.exists(path)).as("%s: %s", property, path).isTrue();
    return path;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
