package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The operator {@value #OPERATOR}(x, y) = y + what each row's adapter adds at this site: x f32 [B,
 * S, in], y f32 [B, S, out]. Reads the adapters where they lie: nothing is copied at admission,
 * rows without an adapter cost nothing, and ranks and formats mix freely. The engine thread sets
 * the step and runs it; the pool's threads share the rows.
 */
final class AdapterKernel {
  static final String OPERATOR = "AdaptLinear";

  private final OrtKernels kernels;
  private final MemorySegment task;
  private final MemorySegment scratch;
  private final MemorySegment shape; // i64 [3]
  private final int[] inputSizes; // [site]
  private final int[] outputSizes;
  private final MemorySegment domain;

  private @Nullable LowRankAdapter[] adapters = new LowRankAdapter[0]; // [B]
  private int tokens; // S
  private @Nullable Throwable failure;

  // Of the call in progress, for the pool's threads.
  private int site;
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;
  private int[] work = new int[0]; // rows with an adapter at this site

  AdapterKernel(OrtKernels kernels, Arena arena, ModelSpec spec) {
    this.kernels = kernels;
    this.scratch = arena.allocate(2 * ADDRESS.byteSize(), ADDRESS.byteAlignment());
    this.shape = arena.allocate(3 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
    int sites = AdapterSite.count(spec.layers());
    this.inputSizes = new int[sites];
    this.outputSizes = new int[sites];
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (LinearGroup group : LinearGroup.values()) {
        int outputs = 0;
        for (Linear linear : group.members()) {
          size(AdapterSite.of(layer, linear), spec.inputSize(linear), spec.outputSize(linear));
          outputs += spec.outputSize(linear);
        }
        size(AdapterSite.of(layer, group), spec.inputSize(group.members().getFirst()), outputs);
      }
    }
    this.domain =
        kernels.createDomain(
            arena, OnnxGraph.TALCHUM, new CustomOperator(kernels, arena, OPERATOR, this::compute));
    this.task = taskStub(arena);
  }

  /** What sessions with {@link GraphFeature#ADAPTERS} need. */
  MemorySegment domain() {
    return domain;
  }

  /**
   * Sets the rows of the next run.
   *
   * @param adapters by row; null is the base
   * @param tokens per row
   */
  void prepare(@Nullable LowRankAdapter[] adapters, int tokens) {
    this.adapters = adapters;
    this.tokens = tokens;
    this.failure = null;
  }

  /** Throws what went wrong inside the last run, where it could not be thrown. */
  void checkRun() {
    if (failure != null) {
      throw new IllegalStateException("the adapters of this step could not be applied", failure);
    }
  }

  private void size(AdapterSite place, int inputs, int outputs) {
    inputSizes[place.number()] = inputs;
    outputSizes[place.number()] = outputs;
  }

  /**
   * One node of the graph. An exception here would end the process, so it is kept for {@link
   * #checkRun}.
   */
  private void compute(long node, MemorySegment context) {
    try {
      site = (int) node;
      int rows = adapters.length;
      long in = (long) rows * tokens * inputSizes[site] * Float.BYTES;
      long out = (long) rows * tokens * outputSizes[site] * Float.BYTES;
      x = at(kernels.input(context, 0, scratch), in);
      long base = kernels.input(context, 1, scratch);
      shape.setAtIndex(JAVA_LONG, 0, rows);
      shape.setAtIndex(JAVA_LONG, 1, tokens);
      shape.setAtIndex(JAVA_LONG, 2, outputSizes[site]);
      long result = kernels.output(context, shape, 3, scratch);
      y = at(result, out);
      if (result != base) {
        y.copyFrom(at(base, out));
      }
      work = rowsAtSite();
      schedule(context, work.length * tokens);
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void schedule(MemorySegment context, int tasks) throws Throwable {
    if (tasks == 1) {
      runTask(MemorySegment.NULL, 0);
    } else if (tasks > 1) {
      kernels.parallelFor(context, task, tasks);
    }
  }

  private int[] rowsAtSite() {
    int[] rows = new int[adapters.length];
    int count = 0;
    for (int row = 0; row < adapters.length; row++) {
      if (isAdapted(adapters[row])) {
        rows[count++] = row;
      }
    }
    return Arrays.copyOf(rows, count);
  }

  private boolean isAdapted(@Nullable LowRankAdapter adapter) {
    return adapter != null && adapter.at(site).length > 0;
  }

  /** One token of one row. */
  private void runTask(MemorySegment unused, long index) {
    try {
      int row = work[(int) index / tokens];
      long token = (long) row * tokens + index % tokens;
      LowRankAdapter adapter = adapters[row];
      if (adapter == null) {
        return;
      }
      for (LowRankAdapter.Delta delta : adapter.at(site)) {
        float[] z = new float[delta.rank()];
        LowRankProduct.add(
            adapter,
            delta,
            x,
            token * inputSizes[site] * Float.BYTES,
            y,
            token * outputSizes[site] * Float.BYTES,
            z);
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  private MemorySegment taskStub(Arena arena) {
    try {
      FunctionDescriptor descriptor = FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG);
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.lookup().bind(this, "runTask", descriptor.toMethodType()),
              descriptor,
              arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("AdapterKernel.runTask", e);
    }
  }
}
