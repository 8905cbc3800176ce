package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.Matrix;
import io.talchum.adapter.folder.StoredMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * HRA (arXiv:2405.17484): W H with H a product of reflections I - 2 u u^T, which is W - (W X) U^T;
 * with Gram-Schmidt first it is W - 2 (W Q) Q^T.
 */
final class HraKind {
  static final PeftKind KIND =
      new ModuleKind(
          "HRA",
          KindOptions.ofModules(Set.of("r", "apply_GS", "bias"), Set.of("init_weights"))
              .uncounting(Set.of("bias")),
          HraKind::begin);

  private HraKind() {}

  private static ModuleKind.Reader begin(PeftSource source, List<AdaptedModule> modules) {
    AdapterConfigFields config = source.config();
    SavedBiases.requireNone(config);
    int rank = config.whole("r", 8, 1, LoraScale.MAX_RANK);
    boolean orthogonal = config.flag("apply_GS");
    return module -> {
      StoredMatrix u = source.stored(module, "hra_u", module.in(), rank, "[inputs, r]");
      requireFinite(source, module, left(right(u, orthogonal), orthogonal));
      return module.lowRank(
          rank,
          () -> rows(right(u, orthogonal)),
          () -> module.weightTimes(rows(left(right(u, orthogonal), orthogonal)).transposed()),
          -1);
    };
  }

  /** U of the change -(W X) U^T. */
  private static List<double[]> right(StoredMatrix u, boolean orthogonal) {
    List<double[]> columns = columns(u.read());
    return orthogonal ? orthogonalized(columns) : normalized(columns);
  }

  /** X */
  private static List<double[]> left(List<double[]> right, boolean orthogonal) {
    return orthogonal ? doubled(right) : reflections(right);
  }

  private static Matrix rows(List<double[]> rows) {
    return Matrix.of(rows.size(), rows.getFirst().length, (row, i) -> rows.get(row)[i]);
  }

  /** x_k = 2 (u_k - X (U^T u_k)), so that H_1 ... H_k = I - X U^T. */
  private static List<double[]> reflections(List<double[]> u) {
    List<double[]> x = new ArrayList<>();
    for (double[] vector : u) {
      double[] next = vector.clone();
      for (int k = 0; k < x.size(); k++) {
        addScaled(next, x.get(k), -dot(u.get(k), vector));
      }
      for (int i = 0; i < next.length; i++) {
        next[i] *= 2;
      }
      x.add(next);
    }
    return x;
  }

  private static List<double[]> doubled(List<double[]> vectors) {
    List<double[]> doubled = new ArrayList<>();
    for (double[] vector : vectors) {
      double[] twice = vector.clone();
      addScaled(twice, vector, 1);
      doubled.add(twice);
    }
    return doubled;
  }

  private static List<double[]> normalized(List<double[]> vectors) {
    List<double[]> normalized = new ArrayList<>();
    for (double[] vector : vectors) {
      normalized.add(overLength(vector));
    }
    return normalized;
  }

  private static List<double[]> orthogonalized(List<double[]> vectors) {
    List<double[]> basis = new ArrayList<>();
    for (double[] vector : vectors) {
      double[] rest = vector.clone();
      for (double[] earlier : basis) {
        addScaled(rest, earlier, -dot(earlier, rest));
      }
      basis.add(overLength(rest));
    }
    return basis;
  }

  private static double[] overLength(double[] vector) {
    double length = Math.sqrt(dot(vector, vector));
    double[] unit = new double[vector.length];
    addScaled(unit, vector, 1 / length);
    return unit;
  }

  private static List<double[]> columns(Matrix matrix) {
    List<double[]> columns = new ArrayList<>();
    for (int k = 0; k < matrix.columns(); k++) {
      double[] column = new double[matrix.rows()];
      for (int row = 0; row < column.length; row++) {
        column[row] = matrix.at(row, k);
      }
      columns.add(column);
    }
    return columns;
  }

  private static void requireFinite(
      PeftSource source, AdaptedModule module, List<double[]> vectors) {
    for (double[] vector : vectors) {
      if (!Double.isFinite(dot(vector, vector))) {
        throw source
            .tensors()
            .refuse(
                "tensor "
                    + PeftSource.name(module.path(), "hra_u")
                    + " has a column of length 0, or columns that depend on each other");
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void addScaled(double[] target, double[] source, double factor) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * source[i];
    }
  }
}
