package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.adapter.LinearAdapter.DenseUpdate;
import io.talchum.model.onnx.math.FullRankMatrix;
import io.talchum.model.onnx.math.FullRankProduct;
import io.talchum.model.onnx.math.FullRankScratch;
import io.talchum.model.onnx.math.TokenRows;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The tokens of the rows that share a linear's dense matrices. */
final class DenseBatch {
  private final FullRankProduct product = new FullRankProduct();
  private LinearAdapter linear = LinearAdapter.NONE;
  private int[] indexes = new int[0]; // [tokens] row * S + token
  private int count;

  /** Begins with a linear of an adapter. */
  DenseBatch start(LinearAdapter linear) {
    this.linear = linear;
    this.count = 0;
    return this;
  }

  boolean isOf(LinearAdapter other) {
    return linear == other;
  }

  /** Adds a row's tokens from {@code begin} on. */
  void add(int row, int begin, int tokens) {
    int end = count + tokens - begin;
    if (indexes.length < end) {
      indexes = Arrays.copyOf(indexes, 2 * end);
    }
    for (int token = begin; token < tokens; token++) {
      indexes[count++] = row * tokens + token;
    }
  }

  /** Begins when all tokens are there. */
  void begin(MemorySegment x, int in) {
    for (DenseUpdate dense : linear.dense()) {
      product.begin(dense.matrix(), new TokenRows(x, in, indexes, count));
    }
  }

  int tasks() {
    return linear.dense()[0].matrix().tasks();
  }

  /** Computes some outputs for all tokens; see {@link DenseBatches#run}. */
  void run(
      int task,
      MemorySegment x,
      MemorySegment factored,
      int in,
      MemorySegment y,
      int out,
      FullRankScratch scratch) {
    FullRankProduct.Outputs outputs =
        new FullRankProduct.Outputs(
            new TokenRows(y, out, indexes, count), linear.outOffset(), true);
    for (DenseUpdate dense : linear.dense()) {
      TokenRows inputs = new TokenRows(dense.ofFactoredInput() ? factored : x, in, indexes, count);
      if (dense.targets().length > 0 && dense.matrix() instanceof FullRankMatrix.Rows rows) {
        FullRankProduct.replace(rows, task, inputs, outputs, dense.targets(), scratch.tile());
      } else {
        product.run(dense.matrix(), task, inputs, outputs, scratch);
      }
    }
  }
}
