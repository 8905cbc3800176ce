package io.talchum.model.onnx.device;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.engine.EngineBench;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.LowRankAdapters;
import io.talchum.model.onnx.Placement;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.RandomPackage;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The measurements of {@link GpuChecks} on one shape. */
public final class GpuBench {
  private static final int RANK = 16;
  private static final int PIECE = 512;
  private static final int CONTEXT = 1024;
  private static final int LOADERS = 8;

  private final JsonLines lines;
  private final boolean cuda;
  private final Path folder;
  private String shape = "";
  private String bits = "";
  private DevicePlan.Need need = new DevicePlan.Need(0, 0, 0, 0, 0);
  private double gigabytesPerSecond;

  /**
   * @param folder keeps packages for the next run
   */
  public GpuBench(JsonLines lines, boolean cuda, Path folder) {
    this.lines = lines;
    this.cuda = cuda;
    this.folder = folder;
  }

  public void run(String shapeName, String encoding, int[] batches, int context) throws Exception {
    shape = shapeName;
    bits = encoding;
    int slots = Arrays.stream(batches).max().orElseThrow();
    try (ModelPackage model = ModelPackage.open(written())) {
      need = DevicePlan.Need.of(model, RANK);
      Map<Integer, int[]> tokens = new LinkedHashMap<>();
      try (DeviceModelExecutor executor = open(model, slots, false)) {
        bandwidth(executor.steps().device().memory());
        prefill(executor);
        fill(executor, context);
        Map<Integer, Double> base = new LinkedHashMap<>();
        for (int batch : batches) {
          tokens.put(batch, greedy(executor, batch, context));
          base.put(batch, decode(executor, batch, context, "base", false));
        }
        adapted(executor, batches, context, base);
        load(executor);
      }
      try (DeviceModelExecutor executor = open(model, slots, true)) {
        fill(executor, context);
        for (int batch : batches) {
          int[] same = Objects.requireNonNull(tokens.get(batch));
          int[] recorded = greedy(executor, batch, context);
          line("graphs", "batch", batch, "tokens", same.length, "equal", equal(same, recorded));
          decode(executor, batch, context, "base", true);
        }
      }
    }
  }

  /** A line about this shape. */
  private void line(String kind, Object... fields) {
    List<Object> all = new ArrayList<>(List.of("shape", shape, "bits", bits));
    all.addAll(Arrays.asList(fields));
    lines.line(kind, all.toArray());
  }

  private Path written() throws Exception {
    ModelSpec spec = Objects.requireNonNull(RandomPackage.shapes().get(shape), shape);
    Encoding encoding = bits.equals("int4") ? Encoding.INT4 : Encoding.INT8;
    return RandomPackage.in(folder, shape, spec, encoding);
  }

  private DeviceModelExecutor open(ModelPackage model, int slots, boolean records) {
    long start = System.nanoTime();
    Placement placement =
        cuda
            ? records ? Placement.CUDA_RECORDING : Placement.CUDA
            : records ? Placement.HOST_RECORDING : Placement.HOST_HALF;
    DeviceModelExecutor executor = placement.device(model, slots, CONTEXT, PIECE, RANK);
    line(
        "opened",
        "graphs",
        records,
        "open_s",
        seconds(start),
        "weight_bytes",
        need.weightBytes(),
        "adapter_bytes",
        need.adapterBytes());
    return executor;
  }

  /** Copies within the device's memory: each byte is read once and written once. */
  private void bandwidth(DeviceMemory memory) {
    long bytes = cuda ? 1L << 30 : 1L << 24;
    int copies = 20;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment from = memory.allocate(arena, bytes);
      MemorySegment to = memory.allocate(arena, bytes);
      memory.copy(from, to);
      memory.await();
      long start = System.nanoTime();
      for (int i = 0; i < copies; i++) {
        memory.copy(from, to);
      }
      memory.await();
      gigabytesPerSecond = 2e-9 * copies * bytes / seconds(start);
    }
    line("bandwidth", "bytes", bytes, "gb_per_s", gigabytesPerSecond);
  }

  private void prefill(DeviceModelExecutor executor) {
    int[] tokens = new int[PIECE];
    executor.prefill(0, 0, tokens, LogitRows.LAST);
    executor.prefill(0, 0, tokens, LogitRows.LAST);
    int runs = cuda ? 10 : 1;
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      executor.prefill(0, 0, tokens, LogitRows.LAST);
    }
    line("prefill", "tokens", PIECE, "tokens_per_s", runs * PIECE / seconds(start));
  }

  /** Other prompts in each slot. */
  private static void fill(DeviceModelExecutor executor, int context) {
    int[] prompt = new int[Math.min(context, PIECE)];
    for (int slot = 0; slot < executor.slots(); slot++) {
      for (int i = 0; i < prompt.length; i++) {
        prompt[i] = (31 * i + 7 * slot) % executor.spec().vocabSize();
      }
      executor.bind(slot, null);
      executor.prefill(slot, 0, prompt, LogitRows.LAST);
    }
  }

  /** The first tokens of all rows, step by step. */
  private int[] greedy(DeviceModelExecutor executor, int batch, int context) {
    int steps = cuda ? 16 : 2;
    int[] all = new int[steps * batch];
    int[] tokens = new int[batch];
    int[] positions = new int[batch];
    for (int step = 0; step < steps; step++) {
      Arrays.fill(positions, Math.min(context, PIECE) + step);
      next(executor.decode(tokens, positions), tokens);
      System.arraycopy(tokens, 0, all, step * batch, batch);
    }
    return all;
  }

  private static int equal(int[] a, int[] b) {
    int equal = 0;
    for (int i = 0; i < a.length; i++) {
      equal += a[i] == b[i] ? 1 : 0;
    }
    return equal;
  }

  private static void next(StepLogits logits, int[] tokens) {
    for (int row = 0; row < tokens.length; row++) {
      StepLogits.Candidates candidates = logits.candidates(row);
      tokens[row] = candidates == null ? 0 : candidates.ids()[0];
    }
  }

  /** Median time of a step; returns tokens a second. */
  private double decode(
      DeviceModelExecutor executor, int batch, int context, String adapters, boolean graphs) {
    int[] tokens = new int[batch];
    int[] positions = new int[batch];
    Arrays.fill(positions, Math.min(context, PIECE));
    int warm = cuda ? 10 : 1;
    int runs = cuda ? 40 : 3;
    double[] step = new double[runs];
    double[] outside = new double[runs];
    for (int i = -warm; i < runs; i++) {
      long start = System.nanoTime();
      next(executor.decode(tokens, positions), tokens);
      if (i >= 0) {
        step[i] = 1e3 * seconds(start);
        outside[i] = step[i] - executor.steps().lastRunNanos() / 1e6;
      }
    }
    Arrays.sort(step);
    Arrays.sort(outside);
    double median = step[runs / 2];
    double read = need.weightBytes() + (double) batch * positions[0] * need.kvTokenBytes();
    line(
        "decode",
        "batch",
        batch,
        "context",
        context,
        "adapters",
        adapters,
        "graphs",
        graphs,
        "step_ms",
        median,
        "step_ms_min",
        step[0],
        "outside_ms",
        outside[runs / 2],
        "tokens_per_s",
        batch / median * 1e3,
        "read_gb_per_s",
        read / 1e6 / median,
        "of_bandwidth",
        read / 1e6 / median / gigabytesPerSecond);
    return batch / median * 1e3;
  }

  private void adapted(
      DeviceModelExecutor executor, int[] batches, int context, Map<Integer, Double> base)
      throws Exception {
    int most = Math.min(32, executor.slots());
    List<ResidentAdapter> adapters = loaded(executor, most);
    executor.bind(0, adapters.getFirst());
    executor.decode(new int[1], new int[1]); // makes session and stacks
    double[] admission = new double[most];
    for (int slot = 0; slot < most; slot++) {
      executor.bind(slot, adapters.get((slot + 1) % most));
      long start = System.nanoTime();
      executor.holdAdapters(slot, 1);
      executor.steps().device().memory().await();
      admission[slot] = 1e3 * seconds(start);
    }
    Arrays.sort(admission);
    line(
        "admission",
        "rank",
        RANK,
        "bytes",
        need.adapterBytes(),
        "median_ms",
        admission[most / 2],
        "worst_ms",
        admission[most - 1]);
    for (int batch : batches) {
      if (batch <= most) {
        double speed = decode(executor, batch, context, "rank 16 each", false);
        line("adapters", "batch", batch, "of_base", speed / base.getOrDefault(batch, Double.NaN));
      }
    }
    for (int slot = 0; slot < most; slot++) {
      executor.bind(slot, null);
    }
    adapters.forEach(ResidentAdapter::close);
  }

  /** Equal numbers, each adapter with memory of its own. */
  private List<ResidentAdapter> loaded(DeviceModelExecutor executor, int count) throws Exception {
    AdapterWeights weights = LowRankAdapters.random(executor.spec(), RANK, 1, 0.01f);
    long start = System.nanoTime();
    List<ResidentAdapter> adapters = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(cuda ? LOADERS : 1)) {
      Callable<ResidentAdapter> load = () -> executor.prepare(weights);
      List<Future<ResidentAdapter>> loads = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        loads.add(pool.submit(load));
      }
      for (Future<ResidentAdapter> adapter : loads) {
        adapters.add(adapter.get());
      }
    }
    line("loads", "rank", RANK, "adapters", count, "seconds", seconds(start));
    return adapters;
  }

  /** The engine with as many clients as slots. */
  private void load(DeviceModelExecutor executor) throws Exception {
    EngineBench.Result result =
        new EngineBench(executor, () -> executor.steps().lastRunNanos())
            .run(cuda ? 3 : 1, 256, cuda ? 64 : 4);
    line(
        "load",
        "clients",
        result.clients(),
        "requests",
        result.requests(),
        "failed",
        result.failed(),
        "tokens_per_s",
        result.tokensPerSecond(),
        "ttft_ms",
        numbers(result.ttft()),
        "outside_ms",
        numbers(result.outside()),
        "engine_ms",
        numbers(result.engine()));
  }

  private static Map<String, Double> numbers(EngineBench.Percentiles of) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("median", of.median());
    numbers.put("p95", of.p95());
    numbers.put("worst", of.worst());
    return numbers;
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
