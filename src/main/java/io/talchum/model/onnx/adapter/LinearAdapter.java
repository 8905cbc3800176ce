package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.FullRankMatrix;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * All that an adapter does to one linear of a site: y = g * (W x' + b + sum D x' + sum s B A x') +
 * db. Immutable; its memory is its adapter's.
 *
 * @param outOffset where the linear's outputs begin in the site's output row
 * @param inputFactor f32 [in] that the site's input is multiplied with, or empty: by the site
 *     before its product, or for one matrix alone ({@link DenseUpdate#ofFactoredInput})
 * @param g f32 [out], or empty
 * @param db f32 [out], or empty
 */
public record LinearAdapter(
    int outOffset,
    MemorySegment inputFactor,
    DenseUpdate[] dense,
    LowRankUpdate[] lowRank,
    MemorySegment g,
    MemorySegment db) {

  /** Nothing. */
  static final LinearAdapter NONE =
      new LinearAdapter(
          0,
          MemorySegment.NULL,
          new DenseUpdate[0],
          new LowRankUpdate[0],
          MemorySegment.NULL,
          MemorySegment.NULL);

  /**
   * y += s B (A x).
   *
   * @param a [rank, in]
   * @param b [rank, out]: transposed
   * @param gate of the site's input, that multiplies the scale; null without
   */
  public record LowRankUpdate(
      float scale, AdapterMatrix a, AdapterMatrix b, @Nullable AdapterGate gate) {
    int rank() {
      return a.rows();
    }
  }

  /**
   * y += D x, or y = D x for some outputs.
   *
   * @param matrix a row for each output; rounded ones are their linear's only dense change
   * @param targets the outputs that are replaced; empty if the matrix is added to all of them
   * @param ofFactoredInput whether x is the site's input times the factor, else the input as it is
   */
  public record DenseUpdate(FullRankMatrix matrix, int[] targets, boolean ofFactoredInput) {}
}
