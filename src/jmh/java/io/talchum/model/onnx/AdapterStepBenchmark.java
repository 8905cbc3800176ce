package io.talchum.model.onnx;

import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.service.ModelCatalog;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.wiring.AdapterReaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

/** Decode steps of the executor alone, all rows with adapters or none. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 3)
@Fork(1)
public class AdapterStepBenchmark {
  private static final int CONTEXT = 64;
  private static final int MAX_ROWS = 8;

  /** Folder of a model package, named with -p; else the demo model. */
  @Param({""})
  public String model = "";

  /** Folders of adapters with + between them, which the rows have in turn; else base alone. */
  @Param({""})
  public String adapters = "";

  @Param({"1", "8"})
  public int rows = 1;

  private final List<ResidentAdapter> prepared = new ArrayList<>();
  private int[] tokens = {};
  private int[] positions = {};
  private @Nullable ModelPackage weights;
  private @Nullable OnnxModelExecutor executor;

  @Setup
  public void prefill() throws IOException {
    ModelPackage opened = ModelPackage.open(model.isEmpty() ? demo() : Path.of(model));
    weights = opened;
    int threads = Runtime.getRuntime().availableProcessors();
    OnnxModelExecutor fresh =
        OnnxModelExecutor.open(
            opened, new ExecutorOptions(MAX_ROWS, 2 * CONTEXT, CONTEXT, threads, true));
    executor = fresh;
    int vocabulary = opened.manifest().spec().vocabSize();
    int[] prompt = new SplittableRandom(1).ints(CONTEXT, 0, vocabulary).toArray();
    for (String folder : adapters.isEmpty() ? new String[0] : adapters.split("[+]")) {
      prepared.add(
          fresh.prepare(
              AdapterReaders.of(new PackageWeights(opened)).read(Path.of(folder)).weights()));
    }
    for (int slot = 0; slot < rows; slot++) {
      fresh.bind(slot, prepared.isEmpty() ? null : prepared.get(slot % prepared.size()));
      fresh.expect(slot, prompt);
      fresh.prefill(slot, 0, prompt, LogitRows.NONE);
    }
    tokens = Arrays.copyOf(prompt, rows);
    positions = new int[rows];
    Arrays.fill(positions, CONTEXT);
  }

  private static Path demo() throws IOException {
    return new ModelCatalog(Files.createTempDirectory("bench")).toServe(null);
  }

  @Benchmark
  public StepLogits decode() {
    return Objects.requireNonNull(executor).decode(tokens, positions);
  }

  @TearDown
  public void close() {
    Objects.requireNonNull(executor).close();
    prepared.forEach(ResidentAdapter::close);
    Objects.requireNonNull(weights).close();
  }
}
