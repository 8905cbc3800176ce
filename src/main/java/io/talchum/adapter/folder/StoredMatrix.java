package io.talchum.adapter.folder;

/**
 * A matrix of an adapter that stays in its file until it is wanted.
 *
 * @param values f32 [rows, columns], row-major
 */
public record StoredMatrix(int rows, int columns, StoredValues values) {
  /** All of it on the heap; let go of it soon. */
  public Matrix read() {
    return new Matrix(rows, columns, values.toArray());
  }
}
