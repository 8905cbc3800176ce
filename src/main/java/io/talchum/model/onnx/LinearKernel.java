package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.kernel.PanelInputs;
import io.talchum.model.kernel.PanelMatrix;
import io.talchum.model.kernel.PanelProduct;
import io.talchum.model.kernel.PanelScratch;
import io.talchum.model.onnx.adapter.AdapterRows;
import io.talchum.model.onnx.graph.AdapterSite;
import io.talchum.model.onnx.graph.KernelLinearNodes;
import io.talchum.model.onnx.graph.LinearGroup;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.OrtKernels;
import io.talchum.model.onnx.ort.PoolTask;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import io.talchum.weights.quantize.Encoding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The linears of the graph: the operator {@value KernelLinearNodes#LINEAR}(x) = W x + b + what each
 * row's adapter adds, for quantized W; and {@value KernelLinearNodes#ADAPT}(x, y) = y + b + the
 * same, where ONNX Runtime computed y = W x. x f32 [B, S, in], result f32 [B, S, out].
 *
 * <p>The engine thread sets the step and runs it; the pool's threads share the work of a node.
 */
final class LinearKernel {
  /** Tokens from which on a panel is work enough for a task. */
  private static final int PANEL_TASKS_FROM = 4;

  private final OrtKernels kernels;
  private final Site[] sites;
  private final int head;
  private final int threads;
  private final ThreadLocal<PanelScratch> scratches;
  private final PoolTask productTask;
  private final PoolTask denseTask;
  private final PoolTask tokenTask;
  private final MemorySegment scratch; // two pointers
  private final MemorySegment shape; // i64 [3]
  private final List<CustomOperator> operators;
  private final PanelInputs inputs = new PanelInputs();
  private final AdapterRows adapters = new AdapterRows();

  private int rows; // B
  private int tokens; // S
  private int headTokens; // S at the head
  private @Nullable Throwable failure;

  // Of the call in progress, for the pool's threads.
  private Site site;
  private int tasks;
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;

  /**
   * A matrix's place in the graph.
   *
   * @param matrix null if ONNX Runtime multiplies
   * @param bias f32 [out], or empty
   */
  private record Site(
      AdapterSite place, int in, int out, @Nullable PanelMatrix matrix, MemorySegment bias) {}

  LinearKernel(OrtKernels kernels, Arena arena, ModelPackage weights, int threads) {
    this.kernels = kernels;
    this.scratch = arena.allocate(2 * ADDRESS.byteSize(), ADDRESS.byteAlignment());
    this.shape = arena.allocate(3 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
    ModelSpec spec = weights.manifest().spec();
    this.sites = new Site[AdapterSite.count(spec.layers())];
    this.head = AdapterSite.head(spec.layers()).number();
    place(weights, spec, arena);
    this.site = sites[head];
    this.threads = threads;
    this.scratches = ThreadLocal.withInitial(() -> newScratch(arena));
    this.productTask = new PoolTask(kernels, arena, this::multiply);
    this.denseTask = new PoolTask(kernels, arena, adapters::dense);
    this.tokenTask = new PoolTask(kernels, arena, adapters::token);
    this.operators =
        List.of(
            new CustomOperator(kernels, arena, KernelLinearNodes.LINEAR, 1, this::linear),
            new CustomOperator(kernels, arena, KernelLinearNodes.ADAPT, 2, this::adaptLinear));
  }

  private void place(ModelPackage weights, ModelSpec spec, Arena arena) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = "layers." + layer + ".";
      for (LinearGroup group : LinearGroup.values()) {
        PackedTensor stacked = weights.find(prefix + group.tensor()).orElse(null);
        if (stacked != null) {
          add(AdapterSite.of(layer, group), weights, stacked, arena);
          continue;
        }
        for (Linear linear : group.members().stream().filter(spec::has).toList()) {
          add(
              AdapterSite.of(layer, linear),
              weights,
              weights.tensor(prefix + linear.name().toLowerCase(Locale.ROOT)),
              arena);
        }
      }
    }
    add(
        AdapterSite.head(spec.layers()),
        weights,
        weights.find("head").orElseGet(() -> weights.tensor("embed")),
        arena);
  }

  private void add(AdapterSite place, ModelPackage weights, PackedTensor tensor, Arena arena) {
    MemorySegment bias =
        weights
            .find(tensor.name() + ".bias")
            .map(vector -> weights.data(vector, "weight"))
            .orElse(MemorySegment.NULL);
    PanelMatrix matrix = tensor.encoding() == Encoding.F32 ? null : panels(weights, tensor, arena);
    sites[place.number()] = new Site(place, tensor.columns(), tensor.rows(), matrix, bias);
  }

  private static PanelMatrix panels(ModelPackage weights, PackedTensor tensor, Arena arena) {
    return new PanelMatrix(
        new PanelMatrix.Shape(
            tensor.rows(), tensor.columns(), tensor.encoding().bits(), tensor.blockSize()),
        weights.data(tensor, "quants"),
        weights.data(tensor, "scales"),
        tensor.encoding().hasOffsets() ? weights.data(tensor, "offsets") : MemorySegment.NULL,
        arena);
  }

  private PanelScratch newScratch(Arena arena) {
    PanelScratch largest = new PanelScratch(arena);
    for (Site place : sites) {
      if (place != null && place.matrix() != null) {
        largest.fit(place.matrix());
      }
    }
    return largest;
  }

  /** What sessions over the graph need. */
  List<CustomOperator> operators() {
    return operators;
  }

  /**
   * Sets the rows of the next run.
   *
   * @param tokens per row
   * @param headTokens per row whose logits are wanted
   */
  void prepare(int rows, int tokens, int headTokens) {
    this.rows = rows;
    this.tokens = tokens;
    this.headTokens = headTokens;
    this.failure = null;
  }

  /** What the rows' adapters add, to be prepared for each run. */
  AdapterRows adapters() {
    return adapters;
  }

  /** Throws what went wrong inside the last run, where it could not be thrown. */
  void checkRun() {
    if (failure != null) {
      throw new IllegalStateException("a linear of this step could not be computed", failure);
    }
  }

  /**
   * One node of the graph. An exception here would end the process, so it is kept for {@link
   * #checkRun}.
   */
  private void linear(long node, MemorySegment context) {
    try {
      enter(node, context);
      PanelMatrix matrix = site.matrix();
      int count = tokensOf(site);
      if (matrix != null && count > 0) {
        boolean adapted = adapt(true);
        inputs.arrange(matrix, adapted ? adapters.input() : x, count);
        tasks = Math.min(count < PANEL_TASKS_FROM ? threads : matrix.panels(), matrix.panels());
        productTask.forEach(context, tasks);
        finish(context, count, adapted);
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void adaptLinear(long node, MemorySegment context) {
    try {
      enter(node, context);
      int count = tokensOf(site);
      long base = kernels.input(context, 1, scratch);
      if (count > 0) {
        if (base != y.address()) {
          y.copyFrom(at(base, y.byteSize()));
        }
        finish(context, count, adapt(false));
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  /** Whether any row's adapter acts here. */
  private boolean adapt(boolean ownProduct) {
    int perRow = tokensOf(site) / rows;
    return adapters.enter(site.place(), perRow, site.in(), site.out(), x, y, ownProduct);
  }

  /** Finds the node's input and output. */
  private void enter(long node, MemorySegment context) throws Throwable {
    site = sites[(int) node];
    int perRow = node == head ? headTokens : tokens;
    long count = (long) rows * perRow;
    x = at(kernels.input(context, 0, scratch), count * site.in() * Float.BYTES);
    shape.setAtIndex(JAVA_LONG, 0, rows);
    shape.setAtIndex(JAVA_LONG, 1, perRow);
    shape.setAtIndex(JAVA_LONG, 2, site.out());
    y = at(kernels.output(context, shape, 3, scratch), count * site.out() * Float.BYTES);
  }

  private int tokensOf(Site site) {
    return rows * (site.place().isHead() ? headTokens : tokens);
  }

  private void finish(MemorySegment context, int count, boolean adapted) throws Throwable {
    if (site.bias().byteSize() > 0) {
      PanelProduct.addBias(site.bias().address(), y.address(), count, site.out());
    }
    if (adapted) {
      denseTask.forEach(context, adapters.denseTasks());
      tokenTask.forEach(context, adapters.tokenTasks());
    }
  }

  /** A range of panels. */
  private void multiply(int index) {
    PanelMatrix matrix = site.matrix();
    if (matrix != null) {
      int panels = matrix.panels();
      PanelProduct.run(
          matrix,
          inputs,
          (int) ((long) panels * index / tasks),
          (int) ((long) panels * (index + 1) / tasks),
          y.address(),
          scratches.get());
    }
  }

  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
