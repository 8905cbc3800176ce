package io.talchum.model.onnx.step;

import io.talchum.model.onnx.math.AdapterMatrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an adapter changes at the look-up of embeddings.
 *
 * @param tokenIds ascending, whose rows are replaced
 * @param rows [tokenIds, hidden]; null without
 * @param a [vocab, rank]; null without
 * @param b [rank, hidden]; null without
 */
public record EmbeddingAdapter(
    int[] tokenIds,
    @Nullable AdapterMatrix rows,
    float scale,
    @Nullable AdapterMatrix a,
    @Nullable AdapterMatrix b) {

  /** Reads the row that replaces the base's, if there is one. */
  boolean replace(int tokenId, float[] target) {
    int row = Arrays.binarySearch(tokenIds, tokenId);
    if (row < 0 || rows == null) {
      return false;
    }
    for (int i = 0; i < target.length; i++) {
      target[i] = rows.format().read(rows.data(), rows.row(row), i);
    }
    return true;
  }

  /** Adds scale * B A[:, token]. */
  void add(int tokenId, float[] target) {
    if (a == null || b == null) {
      return;
    }
    MemorySegment weights = b.data();
    for (int r = 0; r < b.rows(); r++) {
      float z = scale * a.format().read(a.data(), a.row(tokenId), r);
      for (int i = 0; i < target.length; i++) {
        target[i] += z * b.format().read(weights, b.row(r), i);
      }
    }
  }
}
