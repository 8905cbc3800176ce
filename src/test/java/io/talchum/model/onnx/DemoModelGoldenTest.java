package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.service.ImportProgress;
import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelSource;
import io.talchum.weights.pack.ModelPackage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedded model against its goldens, with exact products. */
class DemoModelGoldenTest {
  private static final int CONTEXT = 256;
  private static final int STOP = 3071;

  @TempDir private Path dataDir;

  @Test
  void int4LinearsAreTheWeightsThemselves() throws IOException {
    ModelCatalog catalog = new ModelCatalog(dataDir);
    catalog.importModel(
        new ModelSource(
            Path.of("src/main/resources/demo/model"),
            "exact",
            ModelSource.Quantization.AUTO,
            ModelSource.Quantization.NONE),
        ImportProgress.NONE);
    try (ModelPackage model = ModelPackage.open(catalog.toServe("exact"))) {
      assertThat(model.manifest().quantization()).isEqualTo("int4");
      greedy(
          model,
          (golden, ids) ->
              assertThat(ids)
                  .as(golden.get("messages").toString())
                  .isEqualTo(ids(golden.get("greedy_fp32"))));
    }
  }

  /** The golden int4 run rounds embedding and head to int8 by another rule than the importer. */
  @Test
  void theInstalledModelAnswersAsTheWeightsOrAsTheirInt8Head() throws IOException {
    try (ModelPackage model = ModelPackage.open(new ModelCatalog(dataDir).toServe(null))) {
      greedy(
          model,
          (golden, ids) ->
              assertThat(answer(ids))
                  .as(golden.get("messages").toString())
                  .isIn(
                      answer(ids(golden.get("greedy_fp32"))),
                      answer(ids(golden.get("greedy_int4")))));
    }
  }

  private static void greedy(ModelPackage model, BiConsumer<JsonNode, int[]> check)
      throws IOException {
    JsonNode golden =
        new JsonMapper().readTree(Path.of("src/test/resources/demo/golden.json").toFile());
    ExecutorOptions options = new ExecutorOptions(1, CONTEXT, CONTEXT, 2, false);
    try (OnnxModelExecutor executor = OnnxModelExecutor.open(model, options)) {
      assertThat(golden.get("prompts")).hasSize(12);
      for (JsonNode prompt : golden.get("prompts")) {
        int count = prompt.get("greedy_fp32").size();
        check.accept(prompt, TinyModels.greedy(executor, ids(prompt.get("input_ids")), count));
      }
    }
  }

  private static List<Integer> answer(int[] ids) {
    return Arrays.stream(ids).takeWhile(id -> id != STOP).boxed().toList();
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).asInt();
    }
    return ids;
  }
}
