package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.folder.Matrix;
import io.talchum.core.Linear;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * One linear module that an adapter changes. A fused module holds several of the base's linears:
 * what is said of its rows is cut at their borders.
 */
record AdaptedModule(BaseModule module, BaseWeights base) {
  String path() {
    return module.path();
  }

  int in() {
    return module.inputSize(base.spec());
  }

  int out() {
    return module.outputSize(base.spec());
  }

  /**
   * y += scale * B A x; one delta for each linear.
   *
   * @param a [rank, in]
   * @param b [out, rank]
   */
  List<AdapterPrimitive> lowRank(int rank, FloatValues a, FloatValues b, float scale) {
    return cut(
        (linear, first, end) ->
            new LowRankDelta(
                module.layer(),
                linear,
                rank,
                scale,
                a,
                b.slice((long) first * rank, (long) end * rank)));
  }

  /** The same of matrices that are computed when they are wanted. */
  List<AdapterPrimitive> lowRank(int rank, Supplier<Matrix> a, Supplier<Matrix> b, float scale) {
    return lowRank(rank, computed(rank, in(), a), computed(out(), rank, b), scale);
  }

  /** y += D x, with a D [out, in] that is computed when it is wanted. */
  List<AdapterPrimitive> dense(Supplier<Matrix> delta) {
    FloatValues values = computed(out(), in(), delta);
    return cut(
        (linear, first, end) ->
            new DenseDelta(
                module.layer(), linear, values.slice((long) first * in(), (long) end * in())));
  }

  static FloatValues computed(int rows, int columns, Supplier<Matrix> matrix) {
    return FloatValues.computed((long) rows * columns, () -> matrix.get().values());
  }

  List<AdapterPrimitive> outputScale(float[] g) {
    return cut(
        (linear, first, end) ->
            new OutputScale(module.layer(), linear, Arrays.copyOfRange(g, first, end)));
  }

  List<AdapterPrimitive> inputScale(float[] u) {
    return cut((linear, first, end) -> new InputScale(module.layer(), linear, u));
  }

  List<AdapterPrimitive> biasDelta(float[] db) {
    return cut(
        (linear, first, end) ->
            new BiasDelta(module.layer(), linear, Arrays.copyOfRange(db, first, end)));
  }

  private interface Cut {
    AdapterPrimitive make(Linear linear, int firstRow, int endRow);
  }

  private List<AdapterPrimitive> cut(Cut cut) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    int first = 0;
    for (Linear linear : module.module().linears()) {
      int end = first + base.spec().outputSize(linear);
      primitives.add(cut.make(linear, first, end));
      first = end;
    }
    return primitives;
  }

  /** Whether the base has a bias here; fused linears have it together. */
  boolean hasBias() {
    return module.module().linears().stream().anyMatch(base.spec().biases()::contains);
  }

  /** The base's bias, zeros if it has none. */
  float[] bias() {
    float[] bias = new float[out()];
    int first = 0;
    for (Linear linear : module.module().linears()) {
      float[] part = base.bias(module.layer(), linear);
      System.arraycopy(part, 0, bias, first, part.length);
      first += part.length;
    }
    return bias;
  }

  /** Sees the rows of the base's weight one after the other. */
  interface RowVisitor {
    /**
     * @param weights f32 [in], valid during the call
     */
    void row(int row, float[] weights);
  }

  void forEachRow(RowVisitor visitor) {
    float[] weights = new float[in()];
    int row = 0;
    for (Linear linear : module.module().linears()) {
      BaseWeights.Rows rows = base.linear(module.layer(), linear);
      for (int i = 0; i < base.spec().outputSize(linear); i++) {
        rows.read(i, weights);
        visitor.row(row++, weights);
      }
    }
  }

  /** The base's weight times a matrix of [in, columns]. */
  Matrix weightTimes(Matrix right) {
    float[] product = new float[Math.multiplyExact(out(), right.columns())];
    forEachRow(
        (row, weights) -> {
          float[] line = new Matrix(1, weights.length, weights).times(right).values();
          System.arraycopy(line, 0, product, row * line.length, line.length);
        });
    return new Matrix(out(), right.columns(), product);
  }

  /** The base's whole weight; for kinds that need all of it at once. */
  Matrix weight() {
    float[] all = new float[Math.multiplyExact(out(), in())];
    forEachRow((row, weights) -> System.arraycopy(weights, 0, all, row * in(), in()));
    return new Matrix(out(), in(), all);
  }
}
