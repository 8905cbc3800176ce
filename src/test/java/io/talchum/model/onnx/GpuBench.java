package io.talchum.model.onnx;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.weights.Encoding;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.RandomPackage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The measurements of {@link GpuChecks}. */
final class GpuBench {
  private static final int RANK = GpuChecks.RANK;

  private final GpuChecks checks;
  private final boolean cuda;
  private final Path folder;

  GpuBench(GpuChecks checks) {
    this.checks = checks;
    this.cuda = checks.cuda;
    this.folder = checks.folder;
  }

  private void line(String kind, Object... fields) throws Exception {
    checks.line(kind, fields);
  }

  void run(String shape, String bits, int[] batches, int context) throws Exception {
    ModelSpec spec = Objects.requireNonNull(RandomPackage.shapes().get(shape), shape);
    Encoding encoding = bits.equals("int4") ? Encoding.INT4 : Encoding.INT8;
    long start = System.nanoTime();
    Path written = RandomPackage.write(shape, spec, encoding, folder);
    double wrote = seconds(start);
    int slots = Arrays.stream(batches).max().orElseThrow();
    try (ModelPackage model = ModelPackage.open(written)) {
      start = System.nanoTime();
      int piece = 512;
      try (DeviceModelExecutor executor = checks.open(model, slots, 1024, piece)) {
        DevicePlan.Need need = DevicePlan.Need.of(model, RANK);
        line(
            "opened",
            "shape",
            shape,
            "bits",
            bits,
            "write_s",
            wrote,
            "open_s",
            seconds(start),
            "weight_bytes",
            need.weightBytes(),
            "adapter_bytes",
            need.adapterBytes());
        prefill(executor, shape, bits, piece);
        for (int slot = 0; slot < slots; slot++) {
          executor.bind(slot, null);
          executor.prefill(slot, 0, new int[Math.min(context, piece)], LogitRows.LAST);
        }
        Map<Integer, Double> base = new LinkedHashMap<>();
        for (int batch : batches) {
          base.put(batch, decode(executor, shape, bits, batch, context, need, "base", 0));
        }
        adapted(executor, shape, bits, batches, context, need, base);
      }
    } finally {
      Files.deleteIfExists(written.resolve("weights.bin"));
    }
  }

  private void prefill(DeviceModelExecutor executor, String shape, String bits, int piece)
      throws Exception {
    int[] tokens = new int[piece];
    executor.prefill(0, 0, tokens, LogitRows.LAST);
    executor.prefill(0, 0, tokens, LogitRows.LAST);
    int runs = cuda ? 10 : 1;
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      executor.prefill(0, 0, tokens, LogitRows.LAST);
    }
    line(
        "prefill",
        "shape",
        shape,
        "bits",
        bits,
        "tokens",
        piece,
        "tokens_per_s",
        runs * piece / seconds(start));
  }

  /** Median time of a step; returns tokens a second. */
  private double decode(
      DeviceModelExecutor executor,
      String shape,
      String bits,
      int batch,
      int context,
      DevicePlan.Need need,
      String adapters,
      int different)
      throws Exception {
    int[] tokens = new int[batch];
    int[] positions = new int[batch];
    Arrays.fill(positions, Math.min(context, 512));
    int warm = cuda ? 10 : 1;
    int runs = cuda ? 40 : 3;
    double[] step = new double[runs];
    double[] outside = new double[runs];
    for (int i = -warm; i < runs; i++) {
      long start = System.nanoTime();
      StepLogits logits = executor.decode(tokens, positions);
      for (int row = 0; row < batch; row++) {
        StepLogits.Candidates candidates = logits.candidates(row);
        tokens[row] = candidates == null ? 0 : candidates.ids()[0];
      }
      if (i >= 0) {
        step[i] = 1e3 * seconds(start);
        outside[i] = step[i] - executor.steps().lastRunNanos() / 1e6;
      }
    }
    Arrays.sort(step);
    Arrays.sort(outside);
    double median = step[runs / 2];
    double perSecond = batch / median * 1e3;
    line(
        "decode",
        "shape",
        shape,
        "bits",
        bits,
        "batch",
        batch,
        "context",
        context,
        "adapters",
        adapters,
        "different",
        different,
        "step_ms",
        median,
        "step_ms_min",
        step[0],
        "outside_ms",
        outside[runs / 2],
        "tokens_per_s",
        perSecond,
        "read_gb_per_s",
        need.weightBytes() / 1e6 / median);
    return perSecond;
  }

  private void adapted(
      DeviceModelExecutor executor,
      String shape,
      String bits,
      int[] batches,
      int context,
      DevicePlan.Need need,
      Map<Integer, Double> base)
      throws Exception {
    int most = Math.min(32, Arrays.stream(batches).max().orElseThrow());
    List<ResidentAdapter> adapters = new ArrayList<>();
    AdapterWeights weights = GpuChecks.randomAdapter(executor.spec(), 1, 0.01f);
    for (int i = 0; i < most; i++) {
      adapters.add(executor.prepare(weights));
    }
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
        "shape",
        shape,
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
        double speed = decode(executor, shape, bits, batch, context, need, "rank 16 each", batch);
        line(
            "adapters",
            "shape",
            shape,
            "bits",
            bits,
            "batch",
            batch,
            "of_base",
            speed / Objects.requireNonNull(base.get(batch)));
      }
    }
    for (int slot = 0; slot < most; slot++) {
      executor.bind(slot, null);
    }
    adapters.forEach(ResidentAdapter::close);
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
