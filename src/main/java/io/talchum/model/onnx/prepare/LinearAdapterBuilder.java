package io.talchum.model.onnx.prepare;

import io.talchum.adapter.FloatValues;
import io.talchum.adapter.LowRankDelta;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.adapter.AdapterGate;
import io.talchum.model.onnx.adapter.LinearAdapter;
import io.talchum.model.onnx.adapter.LinearAdapter.DenseUpdate;
import io.talchum.model.onnx.adapter.LinearAdapter.LowRankUpdate;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.FullRankMatrix;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects an adapter's primitives at one linear and makes one adapter of the linear of them. */
final class LinearAdapterBuilder {
  private final int layer;
  private final Linear linear;
  private final List<Delta> lowRank = new ArrayList<>();
  private final List<FloatValues> dense = new ArrayList<>(); // [out, in] each
  private float @Nullable [] inputScale;
  private float @Nullable [] outputScale;
  private float @Nullable [] biasDelta;

  private record Delta(LowRankDelta delta, @Nullable AdapterGate gate) {}

  LinearAdapterBuilder(int layer, Linear linear) {
    this.layer = layer;
    this.linear = linear;
  }

  void add(LowRankDelta delta, @Nullable AdapterGate gate) {
    lowRank.add(new Delta(delta, gate));
  }

  /** Dense deltas are summed. */
  void addDense(FloatValues more) {
    dense.add(more);
  }

  /**
   * The sum, on the heap while it is copied.
   *
   * @param factor of the inputs, for all but the last {@code unscaled} deltas
   */
  private FloatValues sum(float[] factor, int unscaled) {
    if (dense.size() == 1 && (factor.length == 0 || unscaled == 1)) {
      return dense.getFirst();
    }
    float[] sum = new float[Math.toIntExact(dense.getFirst().size())];
    for (int d = 0; d < dense.size(); d++) {
      if (d == dense.size() - unscaled) {
        scale(sum, factor);
      }
      dense.get(d).forEach((first, values, from, count) -> add(sum, first, values, from, count));
    }
    if (unscaled == 0) {
      scale(sum, factor);
    }
    return FloatValues.of(sum);
  }

  private static void add(float[] sum, long first, float[] values, int from, int count) {
    for (int i = 0; i < count; i++) {
      sum[(int) first + i] += values[from + i];
    }
  }

  void inputScale(float[] u) {
    requireOnce(inputScale, "InputScale");
    inputScale = u;
  }

  void outputScale(float[] g) {
    requireOnce(outputScale, "OutputScale");
    outputScale = g;
  }

  void biasDelta(float[] db) {
    requireOnce(biasDelta, "BiasDelta");
    biasDelta = db;
  }

  private void requireOnce(float @Nullable [] before, String kind) {
    if (before != null) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "layer %d %s has more than one %s".formatted(layer, linear.path(), kind));
    }
  }

  /** Where the linear lies. */
  LinearPlace place(ModelPackage weights) {
    return LinearPlace.of(weights, layer, linear);
  }

  /**
   * Copies everything into native memory. A factor of the input becomes part of A and D; of W x
   * remains: the site multiplies its input where it computes the product for this linear alone, an
   * fp32 matrix is multiplied once more with (u - 1) x, and a part of a quantized matrix becomes a
   * dense delta W (u - 1).
   */
  LinearAdapter build(ModelPackage weights, SegmentAllocator memory) {
    LinearPlace place = place(weights);
    float[] u = inputScale == null || isAll(1, inputScale) ? new float[0] : inputScale;
    boolean bySite = u.length > 0 && place.isAlone() && !place.isFloat();
    boolean byProduct = u.length > 0 && place.isAlone() && place.isFloat();
    float[] folded = bySite ? new float[0] : u;
    int unscaled = 0;
    List<DenseUpdate> matrices = new ArrayList<>();
    if (byProduct) {
      matrices.add(
          new DenseUpdate(new FullRankMatrix.Rows(place.mapped(weights)), new int[0], true));
    } else if (u.length > 0 && !bySite) {
      addDense(
          FloatValues.computed(
              (long) place.out() * place.in(), () -> place.scaled(weights, minusOne(u))));
      unscaled = 1;
    }
    if (!dense.isEmpty()) {
      matrices.add(dense(place, sum(folded, unscaled), memory));
    }
    return new LinearAdapter(
        place.outOffset(),
        bySite ? AdapterMatrix.vector(memory, u) : byProduct ? factor(memory, u) : none(),
        matrices.toArray(DenseUpdate[]::new),
        lowRank.stream()
            .map(delta -> lowRank(place, delta, folded, memory))
            .toArray(LowRankUpdate[]::new),
        outputScale == null || isAll(1, outputScale)
            ? none()
            : AdapterMatrix.vector(memory, outputScale),
        biasDelta == null || isAll(0, biasDelta)
            ? none()
            : AdapterMatrix.vector(memory, biasDelta));
  }

  private static MemorySegment none() {
    return MemorySegment.NULL;
  }

  private static MemorySegment factor(SegmentAllocator memory, float[] u) {
    return AdapterMatrix.vector(memory, minusOne(u));
  }

  /** Over a quantized matrix a delta may be rounded too, far more finely. */
  private static DenseUpdate dense(LinearPlace place, FloatValues delta, SegmentAllocator memory) {
    boolean round = !place.isFloat();
    FullRankMatrix matrix = FullRankMatrix.of(memory, delta, place.out(), place.in(), round);
    return new DenseUpdate(matrix, new int[0], false);
  }

  private static LowRankUpdate lowRank(
      LinearPlace place, Delta gated, float[] factor, SegmentAllocator memory) {
    LowRankDelta delta = gated.delta();
    return new LowRankUpdate(
        delta.scale(),
        AdapterMatrix.of(memory, scaled(delta.a(), factor), delta.rank(), place.in()),
        AdapterMatrix.transposed(memory, delta.b(), delta.rank(), place.out()),
        gated.gate());
  }

  /** Rows times a factor for each column; no factor is 1. */
  private static FloatValues scaled(FloatValues matrix, float[] factor) {
    if (factor.length == 0) {
      return matrix;
    }
    return FloatValues.computed(
        matrix.size(),
        () -> {
          float[] scaled = matrix.toArray().clone();
          scale(scaled, factor);
          return scaled;
        });
  }

  private static void scale(float[] matrix, float[] factor) {
    for (int i = 0; factor.length > 0 && i < matrix.length; i++) {
      matrix[i] *= factor[i % factor.length];
    }
  }

  private static float[] minusOne(float[] u) {
    float[] rest = new float[u.length];
    for (int i = 0; i < u.length; i++) {
      rest[i] = u[i] - 1;
    }
    return rest;
  }

  private static boolean isAll(float value, float[] values) {
    for (float v : values) {
      if (v != value) {
        return false;
      }
    }
    return true;
  }
}
