package io.talchum.model.onnx.device;

import io.talchum.core.ServeException;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.cuda.CudaProvider;
import io.talchum.model.onnx.graph.OnnxGraph;
import io.talchum.model.onnx.graph.OnnxGraph.Attribute;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtLibrary;
import io.talchum.model.onnx.ort.OrtSessions;
import io.talchum.model.onnx.ort.OrtTensors;
import io.talchum.model.onnx.step.StepBinding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A decode step's attention in the shape of Llama-3.1-8B, by GroupQueryAttention over slots and by
 * PagedAttention over blocks that lie anywhere: the same keys and values, so the same result.
 */
public final class AttentionBench {
  private static final int HEADS = 32;
  private static final int KV_HEADS = 8;
  private static final int HEAD_DIM = 128;
  private static final int WIDTH = (HEADS + 2 * KV_HEADS) * HEAD_DIM;

  /** Its flash attention takes pages of a multiple of 128 for heads of 128, of 256 for any. */
  private static final int PAGE = 256;

  /** Of equal inputs in one graph, so that a run's fixed cost is shared. */
  private static final int NODES = 8;

  private final JsonLines lines;
  private final boolean cuda;
  private final OrtLibrary library = new OrtLibrary();
  private final OrtTensors tensors = new OrtTensors(library);
  private final OrtSessions sessions = new OrtSessions(library, 2, false);
  private final Numbers halves = new Numbers(ElementType.FLOAT16);

  public AttentionBench(JsonLines lines, boolean cuda) {
    this.lines = lines;
    this.cuda = cuda;
  }

  public void run(int[] batches, int context) {
    try (Device device = cuda ? CudaProvider.open(0).device() : Device.onHost(tensors)) {
      for (int batch : batches) {
        for (int length : new int[] {Math.min(256, context), context}) {
          float[] slots = measured(device, "slots", batch, context, length);
          try {
            float[] pages = measured(device, "pages", batch, context, length);
            float[][] largest = {slots};
            lines.check(
                "attention",
                "pages against slots, batch %d, length %d".formatted(batch, length),
                TinyModels.maxDifference(pages, slots),
                0.02 * TinyModels.largest(largest));
          } catch (ServeException e) {
            skipped(e);
          }
        }
      }
    }
  }

  /**
   * On the host the operator is only known: ONNX Runtime takes the graph as it is written, finds no
   * kernel, and fails at the casts by which it would do without fp16.
   */
  private void skipped(ServeException refusal) {
    String message = String.valueOf(refusal.getMessage());
    if (cuda || !message.contains("InsertedPrecisionFreeCast")) {
      throw refusal;
    }
    lines.line("skipped", "what", "PagedAttention", "why", "CUDA only");
  }

  /** Prints the time of one operator, returns what it gave. */
  private float[] measured(Device device, String layout, int batch, int context, int length) {
    boolean paged = layout.equals("pages");
    OnnxGraph graph = paged ? paged(batch, context) : slots(context);
    MemorySegment session =
        sessions.create(
            graph.serialized(),
            java.util.Map.of(),
            Path.of("").toAbsolutePath(),
            options -> device.provider().addTo(options, false));
    try (Arena arena = Arena.ofShared();
        StepBinding step = new StepBinding(tensors, session)) {
      Feed feed = new Feed(device, arena, step);
      SplittableRandom random = new SplittableRandom(batch);
      feed.halves("qkv", floats(random, batch * WIDTH), shape(paged, batch));
      float[] keys = floats(random, batch * KV_HEADS * context * HEAD_DIM);
      float[] values = floats(random, batch * KV_HEADS * context * HEAD_DIM);
      int[] table = table(batch, context);
      for (String name : List.of("key", "value")) {
        float[] all = name.equals("key") ? keys : values;
        MemorySegment cache =
            paged
                ? feed.halves(
                    name, pages(all, table, context), table.length, PAGE, KV_HEADS, HEAD_DIM)
                : feed.halves(name, all, batch, KV_HEADS, context, HEAD_DIM);
        for (int node = 0; node < NODES; node++) {
          step.output(name + ".out." + node, cache);
        }
      }
      lengths(feed, paged, batch, context, length, table);
      MemorySegment out = feed.output(paged, batch);
      double[] times = times(device, step);
      lines.line(
          "attention",
          "layout",
          layout,
          "batch",
          batch,
          "context",
          context,
          "length",
          length,
          "node_ms",
          times[times.length / 2] / NODES,
          "node_ms_min",
          times[0] / NODES);
      return feed.fetch(out, batch * HEADS * HEAD_DIM);
    } finally {
      sessions.release(session);
    }
  }

  private double[] times(Device device, StepBinding step) {
    device.memory().await();
    int warm = cuda ? 10 : 1;
    double[] times = new double[cuda ? 50 : 2];
    for (int i = -warm; i < times.length; i++) {
      long start = System.nanoTime();
      step.run();
      if (i >= 0) {
        times[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(times);
    return times;
  }

  private static long[] shape(boolean paged, int batch) {
    return paged ? new long[] {batch, WIDTH} : new long[] {batch, 1, WIDTH};
  }

  private static void lengths(
      Feed feed, boolean paged, int batch, int context, int length, int[] table) {
    int[] past = new int[batch];
    Arrays.fill(past, length - 1);
    feed.integers("past", past, batch);
    if (paged) {
      int[] cumulative = new int[batch + 1];
      Arrays.setAll(cumulative, i -> i);
      feed.integers("cumulative", cumulative, batch + 1);
      feed.integers("table", table, batch, context / PAGE);
      feed.onHost("bounds", 1, length);
    } else {
      feed.onHost("total", length);
    }
  }

  private static OnnxGraph slots(int context) {
    OnnxGraph graph = new OnnxGraph("none");
    graph.input("qkv", ElementType.FLOAT16, "B", 1, WIDTH);
    Object[] cache = {"B", KV_HEADS, context, HEAD_DIM};
    graph.input("key", ElementType.FLOAT16, cache);
    graph.input("value", ElementType.FLOAT16, cache);
    graph.input("past", ElementType.INT32, "B");
    graph.input("total", ElementType.INT32);
    for (int node = 0; node < NODES; node++) {
      graph.contributed(
          "GroupQueryAttention",
          List.of("qkv", "", "", "key", "value", "past", "total"),
          outputs(graph, node, cache, "B", 1, HEADS * HEAD_DIM),
          Attribute.of("num_heads", HEADS),
          Attribute.of("kv_num_heads", KV_HEADS));
    }
    return graph;
  }

  private static OnnxGraph paged(int batch, int context) {
    OnnxGraph graph = new OnnxGraph("none");
    graph.input("qkv", ElementType.FLOAT16, batch, WIDTH);
    Object[] cache = {batch * context / PAGE, PAGE, KV_HEADS, HEAD_DIM};
    graph.input("key", ElementType.FLOAT16, cache);
    graph.input("value", ElementType.FLOAT16, cache);
    graph.input("cumulative", ElementType.INT32, batch + 1);
    graph.input("past", ElementType.INT32, batch);
    graph.input("table", ElementType.INT32, batch, context / PAGE);
    graph.input("bounds", ElementType.INT32, 2);
    List<String> in =
        new ArrayList<>(List.of("qkv", "", "", "key", "value", "cumulative", "past", "table"));
    in.addAll(Collections.nCopies(8, "")); // rotary tables, slots, sinks, norms, scales
    in.add("bounds"); // without them every node asks the device and waits
    for (int node = 0; node < NODES; node++) {
      graph.contributed(
          "PagedAttention",
          in,
          outputs(graph, node, cache, batch, HEADS * HEAD_DIM),
          Attribute.of("num_heads", HEADS),
          Attribute.of("kv_num_heads", KV_HEADS));
    }
    return graph;
  }

  private static List<String> outputs(
      OnnxGraph graph, int node, Object[] cache, Object... attended) {
    graph.output("attended." + node, ElementType.FLOAT16, attended);
    graph.output("key.out." + node, ElementType.FLOAT16, cache);
    graph.output("value.out." + node, ElementType.FLOAT16, cache);
    return List.of("attended." + node, "key.out." + node, "value.out." + node);
  }

  /** Each row's pages, in no order. */
  private static int[] table(int batch, int context) {
    List<Integer> pages = new ArrayList<>();
    for (int i = 0; i < batch * context / PAGE; i++) {
      pages.add(i);
    }
    Collections.shuffle(pages, new java.util.Random(3));
    return pages.stream().mapToInt(i -> i).toArray();
  }

  /** [rows, kvHeads, context, headDim] as [pages, tokens, kvHeads, headDim]. */
  private static float[] pages(float[] slots, int[] table, int context) {
    float[] pages = new float[slots.length];
    for (int entry = 0; entry < table.length; entry++) {
      int row = entry / (context / PAGE);
      int first = entry % (context / PAGE) * PAGE;
      for (int token = 0; token < PAGE; token++) {
        for (int head = 0; head < KV_HEADS; head++) {
          System.arraycopy(
              slots,
              ((row * KV_HEADS + head) * context + first + token) * HEAD_DIM,
              pages,
              ((table[entry] * PAGE + token) * KV_HEADS + head) * HEAD_DIM,
              HEAD_DIM);
        }
      }
    }
    return pages;
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] floats = new float[count];
    for (int i = 0; i < count; i++) {
      floats[i] = (float) random.nextDouble() * 2 - 1;
    }
    return floats;
  }

  /** Binds what the graph reads and writes. */
  private final class Feed {
    private final Device device;
    private final Arena arena;
    private final StepBinding step;

    Feed(Device device, Arena arena, StepBinding step) {
      this.device = device;
      this.arena = arena;
      this.step = step;
    }

    MemorySegment halves(String name, float[] values, long... shape) {
      try (Arena made = Arena.ofShared()) {
        MemorySegment floats = made.allocateFrom(ValueLayout.JAVA_FLOAT, values);
        return input(name, halves.of(made, name, floats), ElementType.FLOAT16, shape);
      }
    }

    void integers(String name, int[] values, long... shape) {
      try (Arena made = Arena.ofShared()) {
        input(name, made.allocateFrom(ValueLayout.JAVA_INT, values), ElementType.INT32, shape);
      }
    }

    private MemorySegment input(String name, MemorySegment host, ElementType type, long... shape) {
      MemorySegment there = device.memory().allocate(arena, host.byteSize());
      device.memory().copy(host, there);
      device.memory().await();
      MemorySegment tensor =
          step.own(tensors.tensor(device.provider().memoryInfo(), there, type, shape));
      step.input(name, tensor);
      return tensor;
    }

    /** A tensor that operators read on the host: one value is a scalar. */
    void onHost(String name, int... values) {
      MemorySegment host = tensors.allocateZeroed(arena, (long) values.length * Integer.BYTES);
      MemorySegment.copy(values, 0, host, ValueLayout.JAVA_INT, 0, values.length);
      long[] shape = values.length == 1 ? new long[0] : new long[] {values.length};
      step.input(name, step.own(tensors.tensor(host, ElementType.INT32, shape)));
    }

    /** Of all nodes; the last one's can be fetched. */
    MemorySegment output(boolean paged, int batch) {
      long width = (long) HEADS * HEAD_DIM;
      MemorySegment there =
          device.memory().allocate(arena, batch * width * ElementType.FLOAT16.bytes());
      long[] shape = paged ? new long[] {batch, width} : new long[] {batch, 1, width};
      for (int node = 0; node < NODES; node++) {
        step.output(
            "attended." + node,
            step.own(
                tensors.tensor(device.provider().memoryInfo(), there, ElementType.FLOAT16, shape)));
      }
      return there;
    }

    float[] fetch(MemorySegment there, int count) {
      MemorySegment host = device.memory().allocateHost(arena, there.byteSize());
      device.memory().copy(there, host);
      device.memory().await();
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = Float.float16ToFloat(host.getAtIndex(ValueLayout.JAVA_SHORT, i));
      }
      return values;
    }
  }
}
