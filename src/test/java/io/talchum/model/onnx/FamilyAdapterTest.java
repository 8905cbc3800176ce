package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.Linear;
import io.talchum.core.LinearModule;
import io.talchum.core.ModelSpec;
import io.talchum.testing.Fixtures;
import io.talchum.weights.DType;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The law of LoRA on every family: W with an adapter gives what the checkpoint with W + s B A
 * gives. The adapter takes every linear module by the checkpoint's own name, fused ones too.
 */
class FamilyAdapterTest {
  private static final int RANK = 4;
  private static final float SCALE = 2;
  private static final float TOLERANCE = 2e-3f;

  private final SplittableRandom random = new SplittableRandom(20261121);

  /** B A of one module. */
  private record Delta(float[] a, float[] b, int in, int out) {
    float at(int row, int column) {
      float sum = 0;
      for (int r = 0; r < RANK; r++) {
        sum += b[row * RANK + r] * a[r * in + column];
      }
      return SCALE * sum;
    }
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void anAdapterEqualsItsMergedCheckpoint(String family, @TempDir Path folder) throws Exception {
    try (ModelPackage base =
            TinyModels.imported("models/" + family, Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor adapted = TinyModels.exact(base, 2)) {
      ModelSpec spec = adapted.spec();
      Map<String, Delta> deltas = deltas(spec);
      Path peft = writeAdapter(Files.createDirectory(folder.resolve("peft")), spec, deltas);
      Path merged = writeMerged(family, folder.resolve("merged-source"), deltas);
      try (ModelPackage model = imported(merged, folder);
          OnnxModelExecutor expected = TinyModels.exact(model, 1);
          ResidentAdapter adapter =
              adapted.prepare(new PeftReader(new PackageWeights(base)).read(peft).weights());
          Fixtures.Goldens goldens = Fixtures.goldens("models/" + family + "/golden.safetensors")) {
        int[] prompt = goldens.ints("p2.input_ids");
        float[][] merge = TinyModels.prefill(expected, 0, prompt, 64);
        adapted.bind(1, adapter);
        float[][] withAdapter = TinyModels.prefill(adapted, 1, prompt, 10);
        assertThat(TinyModels.maxDifference(withAdapter, merge)).isLessThan(TOLERANCE);
        float[][] plain = goldens.rows("p2.logits");
        assertThat(TinyModels.maxDifference(merge, plain)).isGreaterThan(50 * TOLERANCE);
        assertThat(TinyModels.maxDifference(TinyModels.prefill(adapted, 0, prompt, 64), plain))
            .isLessThan(TOLERANCE);
      }
    }
  }

  /** By the path of the module, for example {@code model.layers.0.mlp.down_proj}. */
  private Map<String, Delta> deltas(ModelSpec spec) {
    Map<String, Delta> deltas = new HashMap<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (LinearModule module : spec.modules()) {
        List<Linear> linears = module.linears();
        int in = spec.inputSize(linears.getFirst());
        int out = linears.stream().mapToInt(spec::outputSize).sum();
        deltas.put(
            "model.layers." + layer + "." + module.path(),
            new Delta(values(RANK * in), values(out * RANK), in, out));
      }
    }
    return deltas;
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextGaussian() * 0.05);
    }
    return values;
  }

  private static Path writeAdapter(Path folder, ModelSpec spec, Map<String, Delta> deltas)
      throws IOException {
    SafetensorsWriter tensors = new SafetensorsWriter();
    deltas.forEach(
        (path, delta) -> {
          String name = "base_model.model." + path;
          tensors.add(
              name + ".lora_A.weight",
              DType.F32,
              List.of((long) RANK, (long) delta.in()),
              delta.a());
          tensors.add(
              name + ".lora_B.weight",
              DType.F32,
              List.of((long) delta.out(), (long) RANK),
              delta.b());
        });
    tensors.write(folder.resolve("adapter_model.safetensors"));
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("peft_type", "LORA").put("r", RANK).put("lora_alpha", (int) (RANK * SCALE));
    ArrayNode targets = config.putArray("target_modules");
    for (LinearModule module : spec.modules()) {
      targets.add(module.path().substring(module.path().indexOf('.') + 1));
    }
    Files.writeString(folder.resolve("adapter_config.json"), config.toString());
    return folder;
  }

  private static Path writeMerged(String family, Path folder, Map<String, Delta> deltas)
      throws IOException {
    Files.createDirectory(folder);
    Path source = Fixtures.path("models/" + family);
    Files.copy(source.resolve("config.json"), folder.resolve("config.json"));
    SafetensorsWriter merged = new SafetensorsWriter();
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.filter(FamilyAdapterTest::isModel).toList()) {
        try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
          tensors
              .tensors()
              .forEach(
                  (name, info) ->
                      merged.add(
                          name,
                          DType.F32,
                          info.shape(),
                          merge(name, tensors.readFloats(name), deltas)));
        }
      }
    }
    merged.write(folder.resolve("model.safetensors"));
    return folder;
  }

  private static boolean isModel(Path file) {
    return file.getFileName().toString().matches("model.*\\.safetensors");
  }

  private static float[] merge(String name, float[] weight, Map<String, Delta> deltas) {
    Delta delta = name.endsWith(".weight") ? deltas.get(name.replaceAll("\\.weight$", "")) : null;
    if (delta != null) {
      for (int i = 0; i < weight.length; i++) {
        weight[i] += delta.at(i / delta.in(), i % delta.in());
      }
    }
    return weight;
  }

  private static ModelPackage imported(Path source, Path folder) {
    ImportRequest request =
        ImportRequest.of(source, "merged")
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    return ModelPackage.open(new ModelImporter().run(request, folder, (done, total, name) -> {}));
  }
}
