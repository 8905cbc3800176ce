package io.talchum.model.onnx;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.StepLogits;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.Quantization;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What loadtests/gpu/run.sh runs: checks on the fixtures and measurements on random weights, one
 * JSON object a line.
 *
 * <pre>GpuChecks cuda|host checks
 * GpuChecks cuda|host bench SHAPE int4|int8 BATCH,BATCH... CONTEXT</pre>
 */
public final class GpuChecks {
  private static final JsonMapper JSON = new JsonMapper();
  static final int RANK = 16;
  private static final int CANDIDATES = 64;

  final boolean cuda;
  final Path folder;
  private boolean failed;

  private GpuChecks(boolean cuda, Path folder) {
    this.cuda = cuda;
    this.folder = folder;
  }

  /** Exits with 1 if a check failed. */
  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("talchum-gpu");
    GpuChecks checks = new GpuChecks(args[0].equals("cuda"), folder);
    if (args[1].equals("checks")) {
      checks.checks();
    } else {
      int[] batches = Arrays.stream(args[4].split(",")).mapToInt(Integer::parseInt).toArray();
      new GpuBench(checks).run(args[2], args[3], batches, Integer.parseInt(args[5]));
    }
    System.exit(checks.failed ? 1 : 0);
  }

  DeviceModelExecutor open(ModelPackage model, int slots, int context, int piece) {
    DeviceOptions options =
        new DeviceOptions(slots, context, piece, ElementType.FLOAT16, RANK, CANDIDATES, false);
    return cuda
        ? CudaProvider.open(0).open(model, options, 2)
        : DeviceModelExecutor.onHost(model, options);
  }

  void line(String kind, Object... fields) throws Exception {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("kind", kind);
    line.put("device", cuda ? "cuda" : "host");
    for (int i = 0; i < fields.length; i += 2) {
      line.put((String) fields[i], fields[i + 1]);
    }
    System.out.println(JSON.writeValueAsString(line));
  }

  private void check(String name, String what, double difference, double limit) throws Exception {
    boolean ok = difference <= limit; // false for NaN
    failed |= !ok;
    line("check", "name", name, "of", what, "ok", ok, "difference", difference, "limit", limit);
  }

  private void guarded(String name, String what, Body body) throws Exception {
    try {
      body.run();
    } catch (Exception | Error e) {
      failed = true;
      line("check", "name", name, "of", what, "ok", false, "error", String.valueOf(e));
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  private void checks() throws Exception {
    for (String family :
        List.of(
            "llama",
            "llama_tied",
            "llama31",
            "mistral",
            "qwen2",
            "qwen3",
            "phi3",
            "phi3_longrope",
            "olmo2",
            "granite",
            "starcoder2",
            "gemma2",
            "gemma3")) {
      guarded(
          "golden",
          family,
          () ->
              golden(
                  "models/" + family,
                  "models/" + family + "/golden.safetensors",
                  Quantization.NONE));
    }
    for (String file :
        List.of(
            "llama_tied.Q4_0", "llama_tied.Q4_1", "llama_tied.Q8_0", "k256.Q4_K_M", "qwen2.Q4_0")) {
      guarded(
          "golden",
          file,
          () ->
              golden(
                  "gguf/" + file + ".gguf",
                  "gguf/" + file + ".golden.safetensors",
                  Quantization.AUTO));
    }
    guarded("adapters", "llama", this::adapters);
    guarded("schedule", "llama", this::randomSchedule);
  }

  private void golden(String source, String golden, Quantization quantization) throws Exception {
    try (ModelPackage model =
            TinyModels.imported(
                Fixtures.path(source),
                source.replace('/', '-'),
                quantization,
                quantization,
                folder);
        DeviceModelExecutor executor = open(model, 2, TinyModels.CONTEXT, 64);
        Fixtures.Goldens goldens = Fixtures.goldens(Fixtures.path(golden))) {
      for (int p = 0; p < 2; p++) {
        int[] prompt = goldens.ints("p" + p + ".input_ids");
        float[][] expected = goldens.rows("p" + p + ".logits");
        double limit = 0.02 * TinyModels.largest(expected);
        for (int piece : new int[] {64, 7, 1}) {
          float[][] rows = TinyModels.prefill(executor, 1, prompt, piece);
          check(
              "golden",
              source + " prompt " + p + " pieces of " + piece,
              TinyModels.maxDifference(rows, expected),
              limit);
        }
      }
    }
  }

  /** PEFT's numbers, rows mixed against rows alone, and blocks through the host. */
  private void adapters() throws Exception {
    try (ModelPackage model =
            TinyModels.imported(
                "adapters/base-llama", Quantization.NONE, Quantization.NONE, folder);
        DeviceModelExecutor executor = open(model, 4, TinyModels.CONTEXT, 64)) {
      List<ResidentAdapter> adapters = new ArrayList<>();
      for (String kind : List.of("lora_all_linear", "lora_qv", "rslora")) {
        Path path = Fixtures.path("adapters/llama/" + kind);
        ResidentAdapter adapter =
            executor.prepare(new PeftReader(new ZeroBase(executor.spec())).read(path).weights());
        adapters.add(adapter);
        executor.bind(0, adapter);
        try (Fixtures.Goldens goldens = Fixtures.goldens(path.resolve("golden.safetensors"))) {
          float[][] expected = goldens.rows("prompt0.logits");
          float[][] rows = TinyModels.prefill(executor, 0, goldens.ints("prompt0.ids"), 16);
          double limit = 0.02 * TinyModels.largest(expected);
          check("peft", kind, TinyModels.maxDifference(rows, expected), limit);
        }
      }
      adapters.add(null);
      mixed(executor, adapters);
      blocks(executor, adapters.getFirst());
    }
  }

  private void mixed(DeviceModelExecutor executor, List<ResidentAdapter> adapters)
      throws Exception {
    int[][] prompts = new int[4][];
    float[][] alone = new float[4][];
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 4; i++) {
      prompts[i] = random.ints(3 + 5L * i, 0, executor.spec().vocabSize()).toArray();
      executor.bind(0, adapters.get(i));
      TinyModels.prefill(executor, 0, prompts[i], 16);
      alone[i] = TinyModels.row(executor.decode(new int[] {7}, new int[] {prompts[i].length}), 0);
    }
    for (int shift = 0; shift < 4; shift++) {
      int[] positions = new int[4];
      for (int slot = 0; slot < 4; slot++) {
        int i = (slot + shift) % 4;
        executor.bind(slot, adapters.get(i));
        TinyModels.prefill(executor, slot, prompts[i], 5);
        positions[slot] = prompts[i].length;
      }
      StepLogits logits = executor.decode(new int[] {7, 7, 7, 7}, positions);
      for (int slot = 0; slot < 4; slot++) {
        float[] row = TinyModels.row(logits, slot);
        float[] expected = alone[(slot + shift) % 4];
        double limit = 0.02 * TinyModels.largest(new float[][] {expected});
        check(
            "mixed",
            "shift " + shift + " slot " + slot,
            TinyModels.maxDifference(row, expected),
            limit);
        StepLogits.Candidates candidates = logits.candidates(slot);
        double wrong = candidates == null ? 1 : Math.abs(candidates.logits()[0] - max(row));
        check("candidates", "shift " + shift + " slot " + slot, wrong, 0);
      }
    }
  }

  private static float max(float[] row) {
    return row[TinyModels.argmax(row)];
  }

  private void blocks(DeviceModelExecutor executor, ResidentAdapter adapter) throws Exception {
    int[] prompt = new SplittableRandom(5).ints(64, 0, executor.spec().vocabSize()).toArray();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment block = arena.allocate(executor.kvBytesPerToken() * 32);
      executor.bind(1, adapter);
      executor.bind(2, adapter);
      executor.bind(3, adapter);
      TinyModels.prefill(executor, 1, prompt, 32);
      for (int start : new int[] {0, 32}) {
        executor.readKv(1, start, 32, block);
        executor.writeKv(2, start, 32, block);
      }
      executor.copySlot(1, 3, 64);
      StepLogits logits = executor.decode(new int[] {1, 1, 1, 1}, new int[] {0, 64, 64, 64});
      float[] first = TinyModels.row(logits, 1);
      double limit = 0.01 * TinyModels.largest(new float[][] {first});
      check(
          "prefix",
          "through the host",
          TinyModels.maxDifference(TinyModels.row(logits, 2), first),
          limit);
      check(
          "prefix",
          "slot to slot",
          TinyModels.maxDifference(TinyModels.row(logits, 3), first),
          limit);
    }
  }

  /** Sequences that come and go with changing adapters, each against itself alone. */
  private void randomSchedule() throws Exception {
    try (ModelPackage model =
            TinyModels.imported(
                "adapters/base-llama", Quantization.INT8, Quantization.INT8, folder);
        DeviceModelExecutor executor = open(model, 4, TinyModels.CONTEXT, 64)) {
      SplittableRandom random = new SplittableRandom(11);
      List<ResidentAdapter> adapters = new ArrayList<>();
      adapters.add(null);
      for (int i = 0; i < 3; i++) {
        adapters.add(executor.prepare(randomAdapter(executor.spec(), i, 0.05f)));
      }
      double worst = 0;
      for (int round = 0; round < 12; round++) {
        int rows = 1 + random.nextInt(4);
        int[][] prompts = new int[rows][];
        int[] which = new int[rows];
        int[] positions = new int[rows];
        for (int slot = 0; slot < rows; slot++) {
          prompts[slot] =
              random.ints(1 + random.nextInt(60), 0, executor.spec().vocabSize()).toArray();
          which[slot] = random.nextInt(4);
          positions[slot] = prompts[slot].length;
          executor.bind(slot, adapters.get(which[slot]));
          TinyModels.prefill(executor, slot, prompts[slot], 1 + random.nextInt(40));
        }
        StepLogits logits = executor.decode(new int[rows], positions);
        float[][] together = new float[rows][];
        for (int slot = 0; slot < rows; slot++) {
          together[slot] = TinyModels.row(logits, slot);
        }
        for (int slot = 0; slot < rows; slot++) {
          executor.bind(0, adapters.get(which[slot]));
          TinyModels.prefill(executor, 0, prompts[slot], 64);
          float[] alone =
              TinyModels.row(executor.decode(new int[1], new int[] {positions[slot]}), 0);
          worst =
              Math.max(
                  worst,
                  TinyModels.maxDifference(together[slot], alone)
                      / TinyModels.largest(new float[][] {alone}));
        }
      }
      check("schedule", "12 rounds, part of the largest logit", worst, 0.02);
    }
  }

  static AdapterWeights randomAdapter(ModelSpec spec, int seed, float size) {
    SplittableRandom random = new SplittableRandom(seed);
    List<LowRankDelta> deltas = new ArrayList<>();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Linear linear : Linear.values()) {
        float[] a = new float[RANK * spec.inputSize(linear)];
        float[] b = new float[RANK * spec.outputSize(linear)];
        fill(a, random, (float) (1 / Math.sqrt(spec.inputSize(linear))));
        fill(b, random, size);
        deltas.add(new LowRankDelta(layer, linear, RANK, 1, a, b));
      }
    }
    return AdapterWeights.of(deltas);
  }

  private static void fill(float[] values, SplittableRandom random, float size) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (2 * random.nextDouble() - 1) * size;
    }
  }
}
