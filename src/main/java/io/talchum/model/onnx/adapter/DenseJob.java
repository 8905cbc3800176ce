package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.adapter.LinearChange.DenseChange;
import io.talchum.model.onnx.math.TokenRows;
import io.talchum.model.onnx.math.WideMatrix;
import io.talchum.model.onnx.math.WideProduct;
import io.talchum.model.onnx.math.WideScratch;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The tokens of the rows that share a linear's dense matrices. */
final class DenseJob {
  private final WideProduct product = new WideProduct();
  private LinearChange change = LinearChange.NONE;
  private int[] indexes = new int[0]; // [tokens] row * S + token
  private int count;

  /** Begins with a linear of an adapter. */
  DenseJob start(LinearChange change) {
    this.change = change;
    this.count = 0;
    return this;
  }

  boolean isOf(LinearChange other) {
    return change == other;
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
    for (DenseChange dense : change.dense()) {
      product.begin(dense.matrix(), new TokenRows(x, in, indexes, count));
    }
  }

  int tasks() {
    return change.dense()[0].matrix().tasks();
  }

  /** Computes some outputs for all tokens; see {@link DenseJobs#run}. */
  void run(
      int task,
      MemorySegment x,
      MemorySegment factored,
      int in,
      MemorySegment y,
      int out,
      WideScratch scratch) {
    WideProduct.Outputs outputs =
        new WideProduct.Outputs(new TokenRows(y, out, indexes, count), change.outOffset(), true);
    for (DenseChange dense : change.dense()) {
      TokenRows inputs = new TokenRows(dense.ofFactoredInput() ? factored : x, in, indexes, count);
      if (dense.targets().length > 0 && dense.matrix() instanceof WideMatrix.Rows rows) {
        WideProduct.replace(rows, task, inputs, outputs, dense.targets(), scratch.tile());
      } else {
        product.run(dense.matrix(), task, inputs, outputs, scratch);
      }
    }
  }
}
