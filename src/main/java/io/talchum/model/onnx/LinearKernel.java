package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.model.kernel.MatrixProduct;
import io.talchum.model.kernel.MatrixProducts;
import io.talchum.model.kernel.MatrixShape;
import io.talchum.model.kernel.PanelProduct;
import io.talchum.model.kernel.QuantizedWeights;
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
  private final MatrixProducts products;
  private final PoolTask productTask;
  private final PoolTask denseTask;
  private final PoolTask tokenTask;
  private final MemorySegment scratch; // two pointers
  private final MemorySegment shape; // i64 [3]
  private final List<CustomOperator> operators;
  private final AdapterRows adapters = new AdapterRows();

  private int rows; // B
  private int tokens; // S
  private int headTokens; // S at the head
  private long run; // its number
  private @Nullable Throwable failure;

  // Of the call in progress, for the pool's threads.
  private Site site;
  private int tasks;
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;

  /**
   * A matrix's place in the graph.
   *
   * @param input equal where matrices read the same x: those of a group that is not stacked
   * @param matrix null if ONNX Runtime multiplies
   * @param bias f32 [out], or empty
   */
  private record Site(
      AdapterSite place,
      int input,
      int in,
      int out,
      @Nullable MatrixProduct matrix,
      MemorySegment bias) {}

  LinearKernel(
      OrtKernels kernels, Arena arena, ModelPackage weights, MatrixProducts products, int threads) {
    this.products = products;
    this.kernels = kernels;
    this.scratch = arena.allocate(2 * ADDRESS.byteSize(), ADDRESS.byteAlignment());
    this.shape = arena.allocate(3 * JAVA_LONG.byteSize(), JAVA_LONG.byteAlignment());
    ModelSpec spec = weights.manifest().spec();
    this.sites = new Site[AdapterSite.count(spec.layers())];
    this.head = AdapterSite.head(spec.layers()).number();
    place(weights, spec, arena);
    this.site = sites[head];
    this.threads = threads;
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
        int input = AdapterSite.of(layer, group).number();
        PackedTensor stacked = weights.find(prefix + group.tensor()).orElse(null);
        if (stacked != null) {
          add(AdapterSite.of(layer, group), input, weights, stacked, arena);
          continue;
        }
        for (Linear linear : group.members().stream().filter(spec::has).toList()) {
          add(
              AdapterSite.of(layer, linear),
              input,
              weights,
              weights.tensor(prefix + linear.name().toLowerCase(Locale.ROOT)),
              arena);
        }
      }
    }
    add(
        AdapterSite.head(spec.layers()),
        head,
        weights,
        weights.find("head").orElseGet(() -> weights.tensor("embed")),
        arena);
  }

  private void add(
      AdapterSite place, int input, ModelPackage weights, PackedTensor tensor, Arena arena) {
    MemorySegment bias =
        weights
            .find(tensor.name() + ".bias")
            .map(vector -> weights.data(vector, "weight"))
            .orElse(MemorySegment.NULL);
    MatrixProduct matrix =
        tensor.encoding() == Encoding.F32 ? null : product(weights, tensor, arena);
    sites[place.number()] = new Site(place, input, tensor.columns(), tensor.rows(), matrix, bias);
  }

  private MatrixProduct product(ModelPackage weights, PackedTensor tensor, Arena arena) {
    Encoding encoding = tensor.encoding();
    MatrixShape shape =
        new MatrixShape(tensor.rows(), tensor.columns(), encoding.bits(), tensor.blockSize());
    return products.of(
        new QuantizedWeights(
            shape,
            weights.data(tensor, "quants"),
            weights.data(tensor, "scales"),
            encoding.hasOffsets() ? weights.data(tensor, "offsets") : MemorySegment.NULL),
        arena);
  }

  /** How its matrices are multiplied. */
  MatrixProducts products() {
    return products;
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
    this.run++;
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
      MatrixProduct matrix = site.matrix();
      int count = tokensOf(site);
      if (matrix != null && count > 0) {
        boolean adapted = adapt(true);
        if (adapted) {
          matrix.arrange(adapters.input(), count, MatrixProduct.UNKNOWN);
        } else {
          matrix.arrange(x, count, run * sites.length + site.input());
        }
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
    MatrixProduct matrix = site.matrix();
    if (matrix != null) {
      int panels = matrix.panels();
      matrix.multiply(
          (int) ((long) panels * index / tasks),
          (int) ((long) panels * (index + 1) / tasks),
          y.address());
    }
  }

  private static MemorySegment at(long address, long bytes) {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }
}
