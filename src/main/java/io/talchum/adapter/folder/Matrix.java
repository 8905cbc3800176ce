package io.talchum.adapter.folder;

/**
 * A small dense matrix; every operation gives a new one and sums in double precision.
 *
 * @param values f32 [rows, columns], row-major, not to be changed
 */
public record Matrix(int rows, int columns, float[] values) {
  /** What stands at a place. */
  @FunctionalInterface
  public interface Entry {
    double at(int row, int column);
  }

  public static Matrix of(int rows, int columns, Entry entry) {
    float[] values = new float[Math.multiplyExact(rows, columns)];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        values[row * columns + column] = (float) entry.at(row, column);
      }
    }
    return new Matrix(rows, columns, values);
  }

  public float at(int row, int column) {
    return values[row * columns + column];
  }

  public float[] row(int row) {
    return java.util.Arrays.copyOfRange(values, row * columns, (row + 1) * columns);
  }

  /** Rows {@code first .. end - 1}. */
  public Matrix rows(int first, int end) {
    return new Matrix(
        end - first, columns, java.util.Arrays.copyOfRange(values, first * columns, end * columns));
  }

  public Matrix transposed() {
    return of(columns, rows, (row, column) -> at(column, row));
  }

  /** This times the other. */
  public Matrix times(Matrix right) {
    float[] product = new float[Math.multiplyExact(rows, right.columns)];
    double[] sums = new double[right.columns];
    for (int row = 0; row < rows; row++) {
      java.util.Arrays.fill(sums, 0);
      for (int k = 0; k < columns; k++) {
        double factor = at(row, k);
        int from = k * right.columns;
        for (int column = 0; column < right.columns; column++) {
          sums[column] += factor * right.values[from + column];
        }
      }
      for (int column = 0; column < right.columns; column++) {
        product[row * right.columns + column] = (float) sums[column];
      }
    }
    return new Matrix(rows, right.columns, product);
  }

  /** Every entry times a number. */
  public Matrix times(double factor) {
    return of(rows, columns, (row, column) -> factor * at(row, column));
  }

  /** Row i times factor i. */
  public Matrix rowsTimes(float[] factors) {
    return of(rows, columns, (row, column) -> (double) factors[row] * at(row, column));
  }

  /** Column i times factor i. */
  public Matrix columnsTimes(float[] factors) {
    return of(rows, columns, (row, column) -> (double) factors[column] * at(row, column));
  }
}
