package io.talchum.weights.pack;

import io.talchum.weights.block.BlockType;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The first import of a process and the next two, of a synthetic model in the page cache. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 0)
@Measurement(iterations = 3)
@Fork(1)
public class ImportBenchmark {
  /** What all weights are stored as. */
  @Param({"BF16", "Q8_0", "Q4_K"})
  public String type = "";

  /** The rule of the linears; the tables follow {@code auto}. */
  @Param("AUTO")
  public Quantization quantization = Quantization.AUTO;

  @Param("512")
  public int megabytes = 512;

  private Path folder = Path.of("");
  private Path source = Path.of("");
  private long started;

  @Setup
  public void write() throws IOException {
    folder = Files.createTempDirectory("import");
    source =
        SyntheticModel.write(
            BlockType.valueOf(type), 1_000_000L * megabytes, folder.resolve("m.gguf"));
  }

  @Setup(Level.Iteration)
  public void start() {
    started = System.nanoTime();
  }

  @Benchmark
  public Path run() {
    return new ModelImporter()
        .run(
            ImportRequest.of(source, "m")
                .quantized(quantization, Quantization.AUTO)
                .withoutTokenizer()
                .replacing(),
            folder.resolve("models"),
            ProgressListener.NONE);
  }

  @TearDown(Level.Iteration)
  public void show() throws IOException {
    double seconds = (System.nanoTime() - started) / 1e9;
    System.out.printf(
        "%s %s: %.0f MB of source per second, %s ",
        type, quantization, Files.size(source) / 1e6 / seconds, peak());
  }

  private static String peak() throws IOException {
    Path status = Path.of("/proc/self/status");
    return Files.isReadable(status)
        ? Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmHWM"))
            .findFirst()
            .orElse("")
        : "";
  }

  @TearDown
  public void delete() throws IOException {
    try (Stream<Path> tree = Files.walk(folder)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
