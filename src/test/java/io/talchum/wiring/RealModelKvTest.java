package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.core.KvFormat;
import io.talchum.core.NumberFormats;
import io.talchum.core.ProductPrecision;
import io.talchum.service.ModelRunner;
import io.talchum.service.Perplexity;
import io.talchum.service.RunningModel;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the int8 KV cache costs SmolLM2-135M-Instruct; see {@code RealModelTest} for its needs. */
@Tag("real-model")
class RealModelKvTest {
  private static final int CONTEXT = 1500; // one window per text

  private final ModelRunner runner = new PackageRunner();

  @Test
  void int8KeepsThePerplexityAtLongContexts(@TempDir Path folder) throws IOException {
    Path source = Path.of(System.getProperty("talchum.real-model"));
    ImportRequest request = ImportRequest.of(source, "smollm2");
    Path model = new ModelImporter().run(request, folder, (done, total, tensor) -> {});
    double plain = perplexity(model, KvFormat.FP32);
    double int8 = perplexity(model, KvFormat.INT8);
    assertThat(Files.exists(model.resolve("kv-scales.bin"))).isTrue();
    assertThat(perplexity(model, KvFormat.INT8)).isEqualTo(int8); // by the scales in the folder
    assertThat(int8 / plain).as("%s against %s", int8, plain).isBetween(0.995, 1.005);
  }

  private double perplexity(Path model, KvFormat kv) throws IOException {
    Path file =
        Path.of(System.getProperty("talchum.shared")).resolve("real-model/quality_text.json");
    double nats = 0;
    int tokens = 0;
    try (RunningModel running =
        runner.open(model, CONTEXT, new NumberFormats(kv, ProductPrecision.AUTO))) {
      for (JsonNode text : new JsonMapper().readTree(file.toFile()).get("texts")) {
        JsonNode ids = text.get("smollm2_ids");
        int[] all = IntStream.range(0, ids.size()).map(i -> ids.get(i).asInt()).toArray();
        Perplexity measured = Perplexity.of(running, running.tokenizer().decode(all, false));
        nats += measured.nats();
        tokens += measured.tokens();
      }
    }
    return Math.exp(nats / tokens);
  }
}
