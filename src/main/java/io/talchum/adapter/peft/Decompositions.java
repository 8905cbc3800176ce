package io.talchum.adapter.peft;

import io.talchum.adapter.folder.Matrix;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.QRDecomposition;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/** Decompositions of small matrices in double precision, by EJML. */
final class Decompositions {
  private Decompositions() {}

  /** left [rows, k] times right [k, columns]. */
  record Product(Matrix left, Matrix right) {}

  /** The part of a matrix that its k largest singular values make. */
  static Product largestSingular(Matrix matrix, int k) {
    DMatrixRMaj work = of(matrix);
    SingularValueDecomposition_F64<DMatrixRMaj> svd =
        DecompositionFactory_DDRM.svd(matrix.rows(), matrix.columns(), true, true, true);
    if (!svd.decompose(work)) {
      throw new IllegalStateException("the singular value decomposition did not converge");
    }
    DMatrixRMaj u = svd.getU(null, false);
    DMatrixRMaj w = svd.getW(null);
    DMatrixRMaj v = svd.getV(null, false);
    SingularOps_DDRM.descendingOrder(u, false, w, v, false);
    int count = Math.min(k, Math.min(w.numRows, w.numCols));
    return new Product(
        Matrix.of(matrix.rows(), count, (row, i) -> u.get(row, i) * w.get(i, i)),
        Matrix.of(count, matrix.columns(), (i, column) -> v.get(column, i)));
  }

  /** Q[:, :k] and R[:k] of the QR decomposition. */
  static Product firstOfQr(Matrix matrix, int k) {
    QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(matrix.rows(), matrix.columns());
    if (!qr.decompose(of(matrix))) {
      throw new IllegalStateException("the QR decomposition failed");
    }
    DMatrixRMaj q = qr.getQ(null, true);
    DMatrixRMaj r = qr.getR(null, true);
    int count = Math.min(k, r.numRows);
    return new Product(
        Matrix.of(matrix.rows(), count, q::get), Matrix.of(count, matrix.columns(), r::get));
  }

  /**
   * The rotation (I - Q)(I + Q)^-1 of a skew-symmetric Q, as rows are multiplied by it.
   *
   * @param q [n, n]
   */
  static Matrix cayley(Matrix q) {
    int n = q.rows();
    DMatrixRMaj minus = CommonOps_DDRM.identity(n);
    CommonOps_DDRM.subtractEquals(minus, of(q));
    DMatrixRMaj plus = CommonOps_DDRM.identity(n);
    CommonOps_DDRM.addEquals(plus, of(q));
    CommonOps_DDRM.invert(plus); // always possible: the eigenvalues are 1 + i t
    DMatrixRMaj rotation = new DMatrixRMaj(n, n);
    CommonOps_DDRM.mult(minus, plus, rotation);
    return Matrix.of(n, n, rotation::get);
  }

  private static DMatrixRMaj of(Matrix matrix) {
    DMatrixRMaj copy = new DMatrixRMaj(matrix.rows(), matrix.columns());
    for (int i = 0; i < matrix.values().length; i++) {
      copy.data[i] = matrix.values()[i];
    }
    return copy;
  }
}
