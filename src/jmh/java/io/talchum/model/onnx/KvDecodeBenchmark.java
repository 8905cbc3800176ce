package io.talchum.model.onnx;

import io.talchum.core.KvFormat;
import io.talchum.core.ModelSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.service.ModelCatalog;
import io.talchum.weights.pack.ModelPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Steps after up to 1,024 tokens with the KV cache in fp32 and int8. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
@Fork(1)
public class KvDecodeBenchmark {
  private static final int MOST_TOKENS = 1024;
  private static final int PIECE = 128;
  private static final int MAX_ROWS = 8;

  /** Folder of a model package, named with -p; else the demo model. */
  @Param({""})
  public String model = "";

  @Param({"FP32", "INT8"})
  public KvFormat kv = KvFormat.FP32;

  @Param({"1", "8"})
  public int rows = 1;

  private int[] prompt = {};
  private int[] tokens = {};
  private int[] positions = {};
  private @Nullable ModelPackage weights;
  private @Nullable OnnxModelExecutor executor;

  @Setup
  public void prefill() throws IOException {
    ModelPackage opened = ModelPackage.open(model.isEmpty() ? demo() : Path.of(model));
    weights = opened;
    ModelSpec spec = opened.manifest().spec();
    int most = Math.min(MOST_TOKENS, spec.maxContextTokens() - PIECE) / PIECE * PIECE;
    prompt = new SplittableRandom(1).ints(most, 0, spec.vocabSize()).toArray();
    int threads = Runtime.getRuntime().availableProcessors();
    KvScales scales =
        switch (kv) {
          case FP32 -> KvScales.NONE;
          case INT8 -> KvCalibration.run(opened, List.of(Arrays.copyOf(prompt, PIECE)), threads);
        };
    OnnxModelExecutor fresh =
        OnnxModelExecutor.open(
            opened, new ExecutorOptions(MAX_ROWS, most + PIECE, PIECE, threads, true, scales));
    for (int start = 0; start < most; start += PIECE) {
      fresh.prefill(0, start, Arrays.copyOfRange(prompt, start, start + PIECE), LogitRows.NONE);
    }
    for (int slot = 1; slot < MAX_ROWS; slot++) {
      fresh.copySlot(0, slot, most);
    }
    executor = fresh;
    tokens = Arrays.copyOf(prompt, rows);
    positions = new int[rows];
    Arrays.fill(positions, most);
  }

  private static Path demo() throws IOException {
    return new ModelCatalog(Files.createTempDirectory("bench")).toServe(null);
  }

  @Benchmark
  public StepLogits decode() {
    return Objects.requireNonNull(executor).decode(tokens, positions);
  }

  /** The last of the prompt's pieces. */
  @Benchmark
  public StepLogits prefillLastPiece() {
    int start = prompt.length - PIECE;
    int[] piece = Arrays.copyOfRange(prompt, start, prompt.length);
    return Objects.requireNonNull(executor).prefill(0, start, piece, LogitRows.LAST);
  }

  @TearDown
  public void close() {
    Objects.requireNonNull(executor).close();
    Objects.requireNonNull(weights).close();
  }
}
