package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.KvScalesFile;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The int8 KV cache against the fp32 one; scales come from another text than the measured one. */
class QuantizedKvTest {
  /** Root mean square of the logits' difference, as a share of the logits'; 0.02 to 0.06 found. */
  private static final double CLOSE = 0.09;

  private static final double SAME = 0.01;
  private static final int SLOTS = 4;

  @TempDir private Path folder;

  private ModelPackage imported(String family) {
    return TinyModels.imported("models/" + family, Quantization.NONE, Quantization.NONE, folder);
  }

  private static int[] text(ModelPackage model, int seed, int tokens) {
    return new SplittableRandom(seed)
        .ints(tokens, 0, model.manifest().spec().vocabSize())
        .toArray();
  }

  private static KvScales scales(ModelPackage model) {
    return KvCalibration.run(model, List.of(text(model, 1, 120)), 2);
  }

  private static OnnxModelExecutor executor(ModelPackage model, KvScales scales) {
    return OnnxModelExecutor.open(
        model, new ExecutorOptions(SLOTS, TinyModels.CONTEXT, 64, 2, false, scales));
  }

  /** Root mean square of a - b over that of b. */
  private static double distance(float[][] a, float[][] b) {
    double error = 0;
    double size = 0;
    for (int row = 0; row < b.length; row++) {
      for (int i = 0; i < b[row].length; i++) {
        error += Math.pow(a[row][i] - b[row][i], 2);
        size += Math.pow(b[row][i], 2);
      }
    }
    return Math.sqrt(error / size);
  }

  @ParameterizedTest
  @MethodSource("io.talchum.testing.Families#all")
  void everyFamilyStaysCloseInWholePromptsPiecesAndRaggedBatches(String family) {
    try (ModelPackage model = imported(family);
        OnnxModelExecutor plain = executor(model, KvScales.NONE);
        OnnxModelExecutor int8 = executor(model, scales(model))) {
      int[] prompt = text(model, 2, 90);
      float[][] expected = TinyModels.prefill(plain, 0, prompt, 64);
      float[][] whole = TinyModels.prefill(int8, 0, prompt, 64);
      assertThat(distance(whole, expected)).isLessThan(CLOSE);
      assertThat(distance(TinyModels.prefill(int8, 1, prompt, 9), whole)).isLessThan(SAME);
      assertRaggedRowsEqualThePrompt(int8, prompt, whole);
      assertCachedNumbersAreRounded(plain, int8, scales(model), prompt.length);
    }
  }

  /** Rows that stand at different positions of one text, one of them in a copied slot. */
  private static void assertRaggedRowsEqualThePrompt(
      OnnxModelExecutor executor, int[] prompt, float[][] whole) {
    int[] lengths = {5, 70, 1, 33};
    TinyModels.prefill(executor, 1, new int[prompt.length], 64);
    for (int slot : new int[] {0, 2, 3}) {
      TinyModels.prefill(executor, slot, prompt, 64);
    }
    executor.copySlot(0, 1, lengths[1]);
    for (int step = 0; step < 12; step++) {
      int[] positions = new int[SLOTS];
      int[] tokens = new int[SLOTS];
      for (int slot = 0; slot < SLOTS; slot++) {
        positions[slot] = lengths[slot] + step;
        tokens[slot] = prompt[positions[slot]];
      }
      StepLogits logits = executor.decode(tokens, positions);
      for (int slot = 0; slot < SLOTS; slot++) {
        assertThat(
                distance(
                    new float[][] {TinyModels.row(logits, slot)},
                    new float[][] {whole[positions[slot]]}))
            .as("slot %d, step %d", slot, step)
            .isLessThan(5 * SAME);
      }
    }
  }

  /** The first layer's keys and values depend on no attention: they differ by rounding alone. */
  private static void assertCachedNumbersAreRounded(
      OnnxModelExecutor plain, OnnxModelExecutor int8, KvScales scales, int tokens) {
    ModelSpec spec = plain.spec();
    TinyModels.prefill(int8, 0, text(spec, 2, tokens), 64);
    for (int head = 0; head < spec.kvHeads(); head++) {
      for (int position = 0; position < tokens; position++) {
        assertRounded(
            plain.kv().key(0, head, position),
            int8.kv().key(0, head, position),
            scales.keys().getFirst(),
            head);
        assertRounded(
            plain.kv().value(0, head, position),
            int8.kv().value(0, head, position),
            scales.values().getFirst(),
            head);
      }
    }
  }

  private static int[] text(ModelSpec spec, int seed, int tokens) {
    return new SplittableRandom(seed).ints(tokens, 0, spec.vocabSize()).toArray();
  }

  private static void assertRounded(float[] numbers, float[] steps, float[] scales, int head) {
    for (int i = 0; i < numbers.length; i++) {
      float scale = scales[head * numbers.length + i];
      float exact = Math.clamp(numbers[i] / scale, -128, 127);
      assertThat(Math.abs(steps[i] - exact)).isLessThan(0.51f);
    }
  }

  /** ONNX Runtime must not leave out what a family needs in its int8 kernel. */
  @ParameterizedTest
  @CsvSource({
    "'\"softcap\" : [0-9.]+', '\"softcap\" : 0.3'",
    "'\"window\" : [0-9]+', '\"window\" : 3'"
  })
  void softcapAndWindowAct(String key, String value) throws IOException {
    try (ModelPackage model = imported("gemma2");
        OnnxModelExecutor plain = executor(model, KvScales.NONE)) {
      int[] prompt = text(model, 2, 70);
      float[][] before = TinyModels.prefill(plain, 0, prompt, 64);
      Path manifest = model.directory().resolve("model.json");
      String json = Files.readString(manifest);
      String changed = json.replaceFirst(key, value);
      assertThat(changed).isNotEqualTo(json);
      Files.writeString(manifest, changed);
      try (ModelPackage other = ModelPackage.open(model.directory());
          OnnxModelExecutor otherPlain = executor(other, KvScales.NONE);
          OnnxModelExecutor int8 = executor(other, scales(other))) {
        float[][] expected = TinyModels.prefill(otherPlain, 0, prompt, 64);
        assertThat(distance(before, expected)).isGreaterThan(2 * CLOSE);
        assertThat(distance(TinyModels.prefill(int8, 0, prompt, 64), expected)).isLessThan(CLOSE);
      }
    }
  }

  @Test
  void anAdaptersKeysAndValuesFitToo() {
    try (ModelPackage model =
            TinyModels.imported(
                "adapters/base-llama", Quantization.NONE, Quantization.NONE, folder);
        OnnxModelExecutor plain = executor(model, KvScales.NONE);
        OnnxModelExecutor int8 = executor(model, scales(model));
        ResidentAdapter forPlain = TinyModels.adapter(plain, "adapters/llama/lora_all_linear");
        ResidentAdapter forInt8 = TinyModels.adapter(int8, "adapters/llama/lora_all_linear")) {
      int[] prompt = text(model, 2, 60);
      float[][] base = TinyModels.prefill(plain, 0, prompt, 64);
      plain.bind(1, forPlain);
      int8.bind(1, forInt8);
      float[][] expected = TinyModels.prefill(plain, 1, prompt, 64);
      assertThat(distance(base, expected)).isGreaterThan(2 * CLOSE);
      assertThat(distance(TinyModels.prefill(int8, 1, prompt, 10), expected)).isLessThan(CLOSE);
      assertThat(distance(TinyModels.prefill(int8, 0, prompt, 64), base)).isLessThan(CLOSE);
    }
  }

  /** Numbers beyond the scales' range become the largest that it has, with their sign. */
  @Test
  void outliersAreClipped() {
    try (ModelPackage model = imported("llama_tied")) {
      ModelSpec spec = model.manifest().spec();
      float[] tiny = new float[spec.kvHeads() * spec.headDim()];
      Arrays.fill(tiny, 1e-7f);
      List<float[]> layers = Collections.nCopies(spec.layers(), tiny);
      try (OnnxModelExecutor plain = executor(model, KvScales.NONE);
          OnnxModelExecutor int8 = executor(model, new KvScales(layers, layers))) {
        int[] prompt = text(model, 2, 20);
        TinyModels.prefill(plain, 0, prompt, 64);
        TinyModels.prefill(int8, 0, prompt, 64);
        float[] exact = plain.kv().key(0, 0, 7);
        float[] kept = int8.kv().key(0, 0, 7);
        for (int i = 0; i < kept.length; i++) {
          assertThat(kept[i] * Math.signum(exact[i])).isBetween(127f, 128f);
        }
      }
    }
  }

  @Test
  void scalesOfAnotherModelAreRefused() {
    try (ModelPackage model = imported("llama_tied")) {
      KvScales scales = scales(model);
      for (KvScales wrong :
          List.of(
              new KvScales(scales.keys().subList(1, 2), scales.values()),
              new KvScales(scales.keys(), List.of()),
              new KvScales(scales.keys(), zeros(scales.values())))) {
        assertThatThrownBy(() -> executor(model, wrong)).hasMessageContaining("another model's");
      }
    }
  }

  private static List<float[]> zeros(List<float[]> scales) {
    return IntStream.range(0, scales.size())
        .mapToObj(i -> new float[scales.get(i).length])
        .toList();
  }

  @Test
  void aTokenTakesAQuarterOfTheBytes() {
    try (ModelPackage model = imported("llama_tied");
        OnnxModelExecutor plain = executor(model, KvScales.NONE);
        OnnxModelExecutor int8 = executor(model, scales(model))) {
      assertThat(plain.kvCapacityBytes()).isEqualTo(4 * int8.kvCapacityBytes());
    }
  }

  @Test
  void theFileKeepsScalesOfTheSameTextOnly() throws IOException {
    try (ModelPackage model = imported("llama_tied")) {
      List<int[]> read = List.of(text(model, 1, 40));
      KvScalesFile file = new KvScalesFile(model, read);
      assertThat(file.read()).isEmpty();
      KvScales scales = KvCalibration.run(model, read, 2);
      file.write(scales);
      KvScales kept = new KvScalesFile(model, read).read().orElseThrow();
      for (int layer = 0; layer < scales.keys().size(); layer++) {
        assertThat(kept.keys().get(layer)).isEqualTo(scales.keys().get(layer));
        assertThat(kept.values().get(layer)).isEqualTo(scales.values().get(layer));
      }
      assertThat(new KvScalesFile(model, List.of(text(model, 3, 40))).read()).isEmpty();
      Path kvScales = model.directory().resolve("kv-scales.bin");
      byte[] bytes = Files.readAllBytes(kvScales);
      Files.write(kvScales, Arrays.copyOf(bytes, bytes.length - 1));
      assertThat(file.read()).isEmpty();
      Arrays.fill(bytes, 32, 36, (byte) 0xff); // the first scale becomes NaN
      Files.write(kvScales, bytes);
      assertThat(file.read()).isEmpty();
      try (var names = Files.list(model.directory())) {
        assertThat(names.map(path -> path.getFileName().toString()))
            .noneMatch(name -> name.startsWith(".kv"));
      }
    }
  }
}
