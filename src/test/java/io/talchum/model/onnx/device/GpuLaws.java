package io.talchum.model.onnx.device;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.engine.PrefixComparison;
import io.talchum.engine.TinyModelSchedule;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.GoldenComparison;
import io.talchum.model.onnx.GoldenComparison.Keys;
import io.talchum.model.onnx.LowRankAdapters;
import io.talchum.model.onnx.MixedBatch;
import io.talchum.model.onnx.Placement;
import io.talchum.model.onnx.TinyModels;
import io.talchum.testing.Families;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The checks of {@link GpuChecks}: those of the tests, within fp16's rounding. */
public final class GpuLaws {
  /** Part of the largest logit. */
  private static final double ROUNDING = 0.02;

  private static final int[] PIECES = {64, 7, 1};

  private final JsonLines lines;
  private final Placement placement;
  private final Placement recording;
  private final Path folder;

  public GpuLaws(JsonLines lines, boolean cuda, Path folder) {
    this.lines = lines;
    this.placement = cuda ? Placement.CUDA : Placement.HOST_HALF;
    this.recording = cuda ? Placement.CUDA_RECORDING : Placement.HOST_RECORDING;
    this.folder = folder;
  }

  /** Runs what belongs together. */
  public void run(String part) {
    switch (part) {
      case "goldens" -> goldens();
      case "adapters" -> adapters();
      case "prefix" -> prefix();
      case "schedule" -> schedule(placement);
      case "graphs" -> graphs();
      default -> throw new IllegalArgumentException("no checks " + part);
    }
  }

  private void goldens() {
    Families.all()
        .forEach(
            family ->
                golden(
                    "models/" + family,
                    "models/" + family + "/golden.safetensors",
                    Quantization.NONE));
    for (String file :
        List.of(
            "llama_tied.Q4_0", "llama_tied.Q4_1", "llama_tied.Q8_0", "k256.Q4_K_M", "qwen2.Q4_0")) {
      golden("gguf/" + file + ".gguf", "gguf/" + file + ".golden.safetensors", Quantization.AUTO);
    }
  }

  private void golden(String source, String golden, Quantization quantization) {
    lines.guarded(
        "golden",
        source,
        () -> {
          try (ModelPackage model = imported(source, quantization);
              ModelExecutor executor = placement.open(model, 2, TinyModels.CONTEXT, 64);
              Fixtures.Goldens goldens = Fixtures.goldens(Fixtures.path(golden))) {
            GoldenComparison.logits(
                executor, 1, goldens, Keys.MODEL, 2, PIECES, report("golden", source));
          }
        });
  }

  private GoldenComparison.Report report(String name, String source) {
    return (what, difference, largest) ->
        lines.check(name, source + " " + what, difference, ROUNDING * largest);
  }

  /** PEFT's numbers, and rows mixed against rows alone: 4, and 32 of 32 rank-16 adapters. */
  private void adapters() {
    lines.guarded(
        "peft",
        "llama",
        () -> {
          try (ModelPackage model = imported("adapters/base-llama", Quantization.NONE);
              ModelExecutor executor = placement.open(model, 4, TinyModels.CONTEXT, 64)) {
            List<@Nullable ResidentAdapter> adapters = new ArrayList<>();
            for (String kind : List.of("lora_all_linear", "lora_qv", "rslora")) {
              adapters.add(peft(executor, kind));
            }
            adapters.add(null);
            mixed(new MixedBatch(executor, adapters), "4 rows", 4);
            candidates(executor);
            adapters.stream().filter(Objects::nonNull).forEach(ResidentAdapter::close);
          }
        });
    lines.guarded("mixed", "32 rows", this::thirtyTwo);
  }

  private ResidentAdapter peft(ModelExecutor executor, String kind) {
    Path path = Fixtures.path("adapters/llama/" + kind);
    ResidentAdapter adapter =
        executor.prepare(new PeftReader(new ZeroBase(executor.spec())).read(path).weights());
    executor.bind(0, adapter);
    try (Fixtures.Goldens goldens = Fixtures.goldens(path.resolve("golden.safetensors"))) {
      GoldenComparison.logits(
          executor, 0, goldens, Keys.ADAPTER, 3, new int[] {16}, report("peft", kind));
    }
    return adapter;
  }

  private void mixed(MixedBatch batch, String what, int shifts) {
    for (int shift = 0; shift < shifts; shift++) {
      lines.check(
          "mixed",
          what + " shift " + shift,
          batch.largestDifference(shift),
          ROUNDING * batch.largest());
    }
  }

  private void candidates(ModelExecutor executor) {
    StepLogits logits = executor.decode(new int[] {1, 2, 3, 4}, new int[] {8, 8, 8, 8});
    for (int row = 0; row < 4; row++) {
      float[] all = TinyModels.row(logits, row);
      StepLogits.Candidates first = Objects.requireNonNull(logits.candidates(row));
      double wrong = Math.abs(first.logits()[0] - all[TinyModels.argmax(all)]);
      lines.check("candidates", "row " + row, wrong, 0);
    }
  }

  private void thirtyTwo() {
    int rows = 32;
    try (ModelPackage model = imported("adapters/base-llama", Quantization.INT8);
        DeviceModelExecutor executor = placement.device(model, rows, TinyModels.CONTEXT, 64, 16)) {
      List<ResidentAdapter> adapters = new ArrayList<>();
      for (int i = 0; i < rows; i++) {
        adapters.add(executor.prepare(LowRankAdapters.random(executor.spec(), 16, i, 0.2f)));
      }
      MixedBatch batch = new MixedBatch(executor, List.copyOf(adapters));
      lines.line("distance", "of", "32 adapters", "least", batch.leastDistance());
      mixed(batch, "32 rows", 3);
      adapters.forEach(ResidentAdapter::close);
    }
  }

  /** Through the engine: the second request as without a cache, other versions never share. */
  private void prefix() {
    for (String family : List.of("llama", "gemma3", "phi3_longrope")) {
      prefix(family, "models/" + family, PrefixComparison::secondRequest);
    }
    prefix("versions", "adapters/base-llama", PrefixComparison::versionsOfAnAdapter);
  }

  private void prefix(String name, String source, ToDoubleFunction<PrefixComparison> comparison) {
    lines.guarded(
        "prefix",
        name,
        () -> {
          try (ModelPackage model = imported(source, Quantization.NONE)) {
            for (Placement where : List.of(placement, recording)) {
              try (ModelExecutor executor = where.open(model, 2, 128, 64)) {
                float margin = where.safeMargin();
                double difference =
                    comparison.applyAsDouble(new PrefixComparison(executor, margin));
                lines.check("prefix", where + " " + name, difference, margin);
              }
            }
          }
        });
  }

  /** Arrivals, cancels, loads, replacements, unloads: no wrong adapter, no leak. */
  private void schedule(Placement where) {
    int requests = 2_000;
    long seed = new SplittableRandom().nextLong();
    lines.guarded(
        "schedule",
        where + " seed " + seed,
        () -> {
          new TinyModelSchedule(where, folder, requests, seed).run();
          lines.check("schedule", where + " " + requests + " requests, seed " + seed, 0, 0);
        });
  }

  /** Recorded steps against steps that are not, then the schedule with them. */
  private void graphs() {
    Placement usual = recording == Placement.CUDA_RECORDING ? Placement.CUDA : Placement.HOST;
    for (String source : List.of("adapters/base-llama", "models/phi3_longrope", "models/gemma2")) {
      lines.guarded(
          "graphs",
          source,
          () -> {
            try (ModelPackage model = imported(source, Quantization.NONE)) {
              float[][] expected = decoded(usual, model);
              float[][] recorded = decoded(recording, model);
              double limit = ROUNDING * TinyModels.largest(expected);
              lines.check("graphs", source, TinyModels.maxDifference(recorded, expected), limit);
            }
          });
    }
    schedule(recording);
  }

  private static float[][] decoded(Placement where, ModelPackage model) {
    try (DeviceModelExecutor executor =
        where.device(model, DecodedRows.SLOTS, TinyModels.CONTEXT, 64, 16)) {
      return DecodedRows.of(executor);
    }
  }

  private ModelPackage imported(String source, Quantization quantization) {
    return TinyModels.imported(source, quantization, quantization, folder);
  }
}
