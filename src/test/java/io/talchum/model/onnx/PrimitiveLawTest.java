package io.talchum.model.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.SoftPrompt;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.prepare.LinearPlace;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every primitive, whatever its numbers. */
class PrimitiveLawTest {
  private static final float TOLERANCE = 1e-4f;

  /**
   * A sum that rounds otherwise may move a key or value by one of its 255 steps. Another adapter
   * changes logits by more than ten times as much.
   */
  private static final float INT8_KV_TOLERANCE = 0.03f;

  private static final int[] PROMPT = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};

  private final Path folder;

  PrimitiveLawTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private ModelPackage base(Quantization quantization) {
    return TinyModels.imported("adapters/base-llama", quantization, quantization, folder);
  }

  /** Each row of a batch, all of different kinds, in several orders, gives what it gives alone. */
  @ParameterizedTest
  @CsvSource({"NONE,false", "INT8,false", "INT8,true"})
  void everyRowOfAMixedBatchEqualsItsRunAlone(Quantization quantization, boolean int8Kv) {
    try (ModelPackage model = base(quantization)) {
      Map<String, AdapterWeights> kinds = new RandomAdapters(model.manifest().spec()).all();
      int slots = kinds.size() + 2;
      KvScales scales = int8Kv ? KvCalibration.run(model, List.of(text(100, 1)), 2) : KvScales.NONE;
      ExecutorOptions options =
          new ExecutorOptions(slots, TinyModels.CONTEXT, 64, 2, false, scales);
      try (OnnxModelExecutor executor = OnnxModelExecutor.open(model, options)) {
        List<ResidentAdapter> adapters = new ArrayList<>();
        kinds.values().forEach(weights -> adapters.add(executor.prepare(weights)));
        adapters.add(null);
        adapters.add(null);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < slots; i++) {
          order.add(i);
        }
        List<float[][]> alone =
            order.stream().map(i -> continued(executor, 0, adapters.get(i), i)).toList();
        assertDiffer(alone);
        for (int seed = 0; seed < 2; seed++) {
          Collections.shuffle(order, new Random(seed));
          float tolerance = int8Kv ? INT8_KV_TOLERANCE : TOLERANCE;
          assertMixed(executor, adapters, order, alone, tolerance);
        }
        adapters.stream().filter(a -> a != null).forEach(ResidentAdapter::close);
      }
    }
  }

  /** Logits of some steps after a prompt, which differs by kind. */
  private static float[][] continued(
      OnnxModelExecutor executor, int slot, ResidentAdapter adapter, int kind) {
    int[] prompt = prompt(kind);
    executor.bind(slot, adapter);
    TinyModels.prefill(executor, slot, prompt, 16);
    float[][] steps = new float[4][];
    for (int step = 0; step < steps.length; step++) {
      steps[step] =
          TinyModels.row(
              executor.decode(new int[] {20 + step}, new int[] {prompt.length + step}), 0);
    }
    return steps;
  }

  private static void assertDiffer(List<float[][]> alone) {
    for (int kind = 0; kind < alone.size(); kind++) {
      for (int other = 0; other < kind; other++) {
        for (int step = 0; step < alone.get(kind).length; step++) {
          assertThat(TinyModels.maxDifference(alone.get(kind)[step], alone.get(other)[step]))
              .as("kinds %d and %d, step %d", kind, other, step)
              .isGreaterThan(10 * INT8_KV_TOLERANCE);
        }
      }
    }
  }

  private static int[] prompt(int kind) {
    return text(11 + kind, kind);
  }

  private static int[] text(int tokens, int seed) {
    return new SplittableRandom(seed).ints(tokens, 0, 50).toArray();
  }

  private static void assertMixed(
      OnnxModelExecutor executor,
      List<ResidentAdapter> adapters,
      List<Integer> order,
      List<float[][]> alone,
      float tolerance) {
    int slots = order.size();
    for (int slot = 0; slot < slots; slot++) {
      executor.bind(slot, adapters.get(order.get(slot)));
      TinyModels.prefill(executor, slot, prompt(order.get(slot)), 5);
    }
    for (int step = 0; step < alone.getFirst().length; step++) {
      int[] tokens = new int[slots];
      int[] positions = new int[slots];
      Arrays.fill(tokens, 20 + step);
      for (int slot = 0; slot < slots; slot++) {
        positions[slot] = prompt(order.get(slot)).length + step;
      }
      StepLogits mixed = executor.decode(tokens, positions);
      for (int slot = 0; slot < slots; slot++) {
        float[] expected = alone.get(order.get(slot))[step];
        assertThat(TinyModels.maxDifference(TinyModels.row(mixed, slot), expected))
            .as("kind %d in slot %d, step %d", order.get(slot), slot, step)
            .isLessThan(tolerance);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "INT8"})
  void neutralPrimitivesAreTheBaseBitForBit(Quantization quantization) {
    try (ModelPackage model = base(quantization);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      float[][] base = TinyModels.prefill(executor, 0, PROMPT, 8);
      try (ResidentAdapter neutral = executor.prepare(neutral(model))) {
        executor.bind(0, neutral);
        assertThat(TinyModels.prefill(executor, 0, PROMPT, 8)).isDeepEqualTo(base);
      }
    }
  }

  private static AdapterWeights neutral(ModelPackage model) {
    ModelSpec spec = model.manifest().spec();
    List<AdapterPrimitive> all = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        int in = spec.inputSize(linear);
        int out = spec.outputSize(linear);
        all.add(new LowRankDelta(layer, linear, 2, 1, filled(2 * in, 1), new float[2 * out]));
        all.add(new DenseDelta(layer, linear, new float[in * out]));
        all.add(new InputScale(layer, linear, filled(in, 1)));
        all.add(new OutputScale(layer, linear, filled(out, 1)));
        all.add(new BiasDelta(layer, linear, new float[out]));
      }
    }
    all.add(new EmbeddingRows(new int[] {1}, model.dequantizedRow(model.tensor("embed"), 1)));
    return AdapterWeights.of(all);
  }

  private static float[] filled(int count, float value) {
    float[] values = new float[count];
    Arrays.fill(values, value);
    return values;
  }

  /** g W, and W u, as what they add to W. */
  @ParameterizedTest
  @EnumSource(names = {"NONE", "INT8"})
  void scalesEqualTheDenseDeltaThatTheyMean(Quantization quantization) {
    try (ModelPackage model = base(quantization);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      RandomAdapters random = new RandomAdapters(executor.spec());
      for (boolean ofInputs : new boolean[] {true, false}) {
        List<AdapterPrimitive> scales = new ArrayList<>();
        List<AdapterPrimitive> deltas = new ArrayList<>();
        for (Linear linear : Linear.values()) {
          int in = executor.spec().inputSize(linear);
          int out = executor.spec().outputSize(linear);
          float[] f = random.around(1, 0.5f, ofInputs ? in : out);
          scales.add(ofInputs ? new InputScale(1, linear, f) : new OutputScale(1, linear, f));
          float[] delta = LinearPlace.of(model, 1, linear).scaled(model, filled(in, 1));
          for (int i = 0; i < delta.length; i++) {
            delta[i] *= f[ofInputs ? i % in : i / in] - 1;
          }
          deltas.add(new DenseDelta(1, linear, delta));
        }
        assertSame(executor, AdapterWeights.of(scales), AdapterWeights.of(deltas));
      }
    }
  }

  private static void assertSame(OnnxModelExecutor executor, AdapterWeights a, AdapterWeights b) {
    float[][] base = TinyModels.prefill(executor, 0, PROMPT, 8);
    try (ResidentAdapter first = executor.prepare(a);
        ResidentAdapter second = executor.prepare(b)) {
      executor.bind(0, first);
      float[][] expected = TinyModels.prefill(executor, 0, PROMPT, 8);
      executor.bind(0, second);
      assertThat(TinyModels.maxDifference(base, expected)).isGreaterThan(0.01f);
      assertThat(TinyModels.maxDifference(TinyModels.prefill(executor, 0, PROMPT, 8), expected))
          .isLessThan(TOLERANCE);
      executor.bind(0, null);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"VirtualKeyValues", "SoftPrompt"})
  void copyingASlotCopiesVirtualTokens(String kind) {
    try (ModelPackage model = base(Quantization.NONE);
        OnnxModelExecutor executor = TinyModels.exact(model, 3);
        ResidentAdapter adapter = executor.prepare(new RandomAdapters(executor.spec()).one(kind))) {
      executor.bind(2, adapter);
      TinyModels.prefill(executor, 2, PROMPT, 8);
      executor.copySlot(2, 0, PROMPT.length);
      executor.release(2);
      float[] moved = TinyModels.row(executor.decode(new int[] {7}, new int[] {PROMPT.length}), 0);
      executor.bind(1, adapter);
      int[] whole = Arrays.copyOf(PROMPT, PROMPT.length + 1);
      whole[PROMPT.length] = 7;
      float[] expected = TinyModels.prefill(executor, 1, whole, 16)[PROMPT.length];
      assertThat(TinyModels.maxDifference(moved, expected)).isLessThan(TOLERANCE);
    }
  }

  @Test
  void virtualTokensTakePositionsOfTheContext() {
    try (ModelPackage model = base(Quantization.NONE);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      int width = executor.spec().hiddenSize();
      try (ResidentAdapter adapter =
              executor.prepare(AdapterWeights.of(new SoftPrompt(100, new float[100 * width])));
          ResidentAdapter full =
              executor.prepare(AdapterWeights.of(new SoftPrompt(128, new float[128 * width])))) {
        assertThat(adapter.virtualTokens()).isEqualTo(100);
        executor.bind(0, adapter);
        executor.decode(new int[] {1}, new int[] {27});
        assertThatThrownBy(() -> executor.decode(new int[] {1}, new int[] {28}))
            .hasMessageContaining("is not in 0..27");
        assertThatThrownBy(() -> executor.bind(0, full))
            .isInstanceOf(ServeException.class)
            .hasMessageContaining("128 virtual tokens leave no room in a context of 128");
      }
    }
  }

  @Test
  void anActivatedAdapterIsTheBaseBeforeItsInvocation() {
    try (ModelPackage model = base(Quantization.NONE);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      List<AdapterPrimitive> primitives =
          new ArrayList<>(new RandomAdapters(executor.spec()).one("LowRankDelta").primitives());
      primitives.add(new Invocation(new int[] {5, 3}));
      float[][] base = TinyModels.prefill(executor, 0, PROMPT, 16);
      try (ResidentAdapter adapter = executor.prepare(AdapterWeights.of(primitives))) {
        assertThat(adapter.actsFrom(PROMPT)).isEqualTo(8);
        assertThat(adapter.actsFrom(new int[] {5, 4, 3})).isEqualTo(Integer.MAX_VALUE);
        executor.bind(0, adapter);
        float[][] activated = TinyModels.prefill(executor, 0, PROMPT, 3);
        for (int token = 0; token < 8; token++) {
          assertThat(TinyModels.maxDifference(activated[token], base[token])).isLessThan(TOLERANCE);
        }
        assertThat(TinyModels.maxDifference(activated[8], base[8])).isGreaterThan(0.01f);
      }
    }
  }

  @Test
  void whatDoesNotFitTheBaseIsRefusedWithItsSizes() {
    try (ModelPackage model = base(Quantization.NONE);
        OnnxModelExecutor executor = TinyModels.exact(model, 1)) {
      assertRefused(executor, new OutputScale(0, Linear.K, new float[33]), "33 values", "1 x 32");
      assertRefused(executor, new BiasDelta(3, Linear.Q, new float[64]), "layer 3", "3 layers");
      assertRefused(
          executor, new EmbeddingRows(new int[] {256}, new float[64]), "token 256", "0..255");
      assertRefused(executor, new SoftPrompt(0, new float[0]), "no tokens");
    }
  }

  private static void assertRefused(
      OnnxModelExecutor executor, AdapterPrimitive primitive, String... names) {
    assertThatThrownBy(() -> executor.prepare(AdapterWeights.of(primitive)))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(primitive.getClass().getSimpleName())
        .hasMessageContainingAll(names);
  }
}
