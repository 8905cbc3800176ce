package io.talchum.service;

import java.util.List;

/**
 * What an import did to a model.
 *
 * @param matrices in the order of the package
 * @param before of the source's own weights, in fp32
 * @param after of the package, as it is served
 */
public record ImportReport(List<Matrix> matrices, Perplexity before, Perplexity after) {
  public ImportReport {
    matrices = List.copyOf(matrices);
  }

  /**
   * One matrix; linears that read the same input may be stored as one.
   *
   * @param sourceType as the source stores it, for example {@code Q4_K}
   * @param format as the package stores it, for example {@code int4+offset}
   * @param relativeError root of (sum of squared differences / sum of squared weights)
   * @param maxError the largest difference of a weight
   */
  public record Matrix(
      String name,
      String sourceType,
      String format,
      long weights,
      long sourceBytes,
      long bytes,
      double relativeError,
      double maxError) {}

  public long sourceBytes() {
    return matrices.stream().mapToLong(Matrix::sourceBytes).sum();
  }

  public long bytes() {
    return matrices.stream().mapToLong(Matrix::bytes).sum();
  }

  /** How much the perplexity grew; 0.01 is one percent. */
  public double perplexityGrowth() {
    return after.value() / before.value() - 1;
  }
}
