package io.talchum.model.onnx.adapter;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.model.onnx.graph.HiddenStateNodes;
import io.talchum.model.onnx.graph.HiddenStateSite;
import io.talchum.model.onnx.graph.RotaryTables;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.OrtKernels;
import io.talchum.model.onnx.ort.PoolTask;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The operator {@value HiddenStateNodes#ADAPT}(seen, changed) of the extended graph: changed, with
 * what the rows' adapters do at the node's {@link HiddenStateSite}. Rows without an adapter there
 * keep their bits.
 *
 * <p>The engine thread sets the step and runs it; the pool's threads share the work of a node.
 */
public final class HiddenStateKernel {
  private final OrtKernels kernels;
  private final ModelSpec spec;
  private final KvSlots kv;
  private final boolean packedQueries;
  private final CustomOperator operator;
  private final PoolTask task;
  private final MemorySegment scratch; // two pointers
  private final MemorySegment shape; // i64 [4]
  private final ThreadLocal<TaskScratch> scratches = ThreadLocal.withInitial(TaskScratch::new);

  private @Nullable BoundAdapter[] rows = new BoundAdapter[0]; // [B]
  private Step step = new Step(0, new int[0], 0, 0, MemorySegment.NULL);
  private MemorySegment ladder = MemorySegment.NULL;
  private final List<HiddenStateBatch> pool = new ArrayList<>();
  private int batches; // of them, at this site
  private @Nullable HiddenStateCall call;
  private @Nullable Throwable failure;

  /**
   * A step over rows from a slot on.
   *
   * @param firstPositions KV position of each row's first token
   * @param tokens per row
   * @param headTokens per row whose logits are wanted
   * @param embeddings f32 [B, S, hidden]
   */
  public record Step(
      int firstSlot, int[] firstPositions, int tokens, int headTokens, MemorySegment embeddings) {}

  public HiddenStateKernel(OrtKernels kernels, Arena arena, ModelPackage weights, KvSlots kv) {
    this.kernels = kernels;
    this.spec = weights.manifest().spec();
    this.kv = kv;
    this.packedQueries =
        weights.find("layers.0.qkv").isPresent()
            && !spec.norms().has(Norm.QUERY)
            && !RotaryTables.areReadByOwnNodes(spec);
    this.scratch = arena.allocate(2 * ADDRESS.byteSize(), ADDRESS.byteAlignment());
    this.shape = arena.allocate(4 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
    this.operator = new CustomOperator(kernels, arena, HiddenStateNodes.ADAPT, 2, this::compute);
    this.task = new PoolTask(kernels, arena, this::run);
  }

  public CustomOperator operator() {
    return operator;
  }

  /** Sets the rows of the next run of the extended graph; null is the base. */
  public void prepare(@Nullable BoundAdapter[] rows, Step step) {
    this.rows = rows;
    this.step = step;
    this.failure = null;
    int side = 0;
    for (BoundAdapter row : rows) {
      side = row == null ? side : Math.max(side, row.adapter().ladderSide());
    }
    long bytes = (long) rows.length * step.tokens() * side * Float.BYTES;
    if (ladder.byteSize() != bytes) {
      ladder = Arena.ofAuto().allocate(Math.max(1, bytes), AdapterMatrix.ALIGNMENT);
      ladder = ladder.asSlice(0, bytes);
    }
  }

  /** Throws what went wrong inside the last run, where it could not be thrown. */
  public void checkRun() {
    if (failure != null) {
      throw new IllegalStateException(
          "what adapters do to a hidden state in this step could not be computed", failure);
    }
  }

  private void compute(long node, MemorySegment context) {
    try {
      HiddenStateSite site = HiddenStateSite.numbered((int) node);
      boolean isLast = site.equals(HiddenStateSite.lastNorm(spec.layers()));
      int tokens = isLast ? step.headTokens() : step.tokens();
      int width = site.width(spec);
      int seenWidth = seenWidth(site);
      long count = (long) rows.length * tokens;
      MemorySegment seen = at(kernels.input(context, 0, scratch), count * seenWidth * Float.BYTES);
      long base = kernels.input(context, 1, scratch);
      long dimensions = setShape(site, tokens);
      long output = kernels.output(context, shape, dimensions, scratch);
      MemorySegment changed = at(output, count * width * Float.BYTES);
      if (base != output) {
        changed.copyFrom(at(base, changed.byteSize()));
      }
      adapt(
          context,
          new HiddenStateCall(
              spec,
              site,
              step.firstPositions(),
              tokens,
              seen,
              seenWidth,
              changed,
              width,
              step.embeddings(),
              ladder,
              kv,
              step.firstSlot()));
    } catch (Throwable e) {
      failure = e;
    }
  }

  private int seenWidth(HiddenStateSite site) {
    int all = (spec.heads() + 2 * spec.kvHeads()) * spec.headDim();
    boolean isPacked = site.kind() == HiddenStateSite.Kind.ATTENDED && packedQueries;
    return isPacked ? all : site.width(spec);
  }

  private long setShape(HiddenStateSite site, int tokens) {
    shape.setAtIndex(JAVA_LONG, 0, rows.length);
    shape.setAtIndex(JAVA_LONG, 1, tokens);
    boolean byHeads = site.heads(spec) > 1;
    shape.setAtIndex(JAVA_LONG, 2, byHeads ? site.heads(spec) : site.width(spec));
    shape.setAtIndex(JAVA_LONG, 3, spec.headDim());
    return byHeads ? 4 : 3;
  }

  private void adapt(MemorySegment context, HiddenStateCall now) throws Throwable {
    call = now;
    batches = 0;
    for (int row = 0; row < rows.length; row++) {
      BoundAdapter bound = rows[row];
      if (bound != null) {
        HiddenStateAdapter[] adapters = bound.adapter().hiddenStates(now.site());
        for (HiddenStateAdapter adapter : adapters) {
          adapter.begin(now, row, bound);
        }
        if (adapters.length > 0) {
          batchOf(adapters).add(bound, row, now.tokens());
        }
      }
    }
    for (int wave = 0, tasks = begin(wave, now); tasks > 0; wave++, tasks = begin(wave, now)) {
      task.forEach(context, tasks);
    }
  }

  private HiddenStateBatch batchOf(HiddenStateAdapter[] adapters) {
    for (int batch = 0; batch < batches; batch++) {
      if (pool.get(batch).isOf(adapters)) {
        return pool.get(batch);
      }
    }
    if (batches == pool.size()) {
      pool.add(new HiddenStateBatch());
    }
    return pool.get(batches++).start(adapters);
  }

  /** Begins the batches' next passes; returns their tasks. */
  private int begin(int wave, HiddenStateCall now) {
    int tasks = 0;
    for (int batch = 0; batch < batches; batch++) {
      tasks += pool.get(batch).begin(wave, now);
    }
    return tasks;
  }

  private void run(int index) {
    HiddenStateCall now = call;
    int batch = 0;
    int task = index;
    while (task >= pool.get(batch).tasks()) {
      task -= pool.get(batch++).tasks();
    }
    if (now != null) {
      TaskScratch room = scratches.get();
      room.clear();
      pool.get(batch).run(now, task, room);
    }
  }

  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
