package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.FullRankScratch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The dense matrices of the rows at one site, cut into tasks of some outputs each: all matrices of
 * an output are in one task, and rows with the same adapter are in one batch, so that its weights
 * come from memory once. The engine thread collects; then any threads run the tasks.
 */
final class DenseBatches {
  private final List<DenseBatch> pool = new ArrayList<>();
  private int batches; // of them, at this site

  void clear() {
    batches = 0;
  }

  /**
   * Adds a row's tokens.
   *
   * @param begin the first token that is changed
   * @param tokens per row
   */
  void add(LinearAdapter linear, int row, int begin, int tokens) {
    if (linear.dense().length > 0) {
      batchOf(linear).add(row, begin, tokens);
    }
  }

  private DenseBatch batchOf(LinearAdapter linear) {
    for (int batch = 0; batch < batches; batch++) {
      if (pool.get(batch).isOf(linear)) {
        return pool.get(batch);
      }
    }
    if (batches == pool.size()) {
      pool.add(new DenseBatch());
    }
    return pool.get(batches++).start(linear);
  }

  /** Begins when all rows are there. */
  void begin(MemorySegment x, int in) {
    for (int batch = 0; batch < batches; batch++) {
      pool.get(batch).begin(x, in);
    }
  }

  int tasks() {
    int tasks = 0;
    for (int batch = 0; batch < batches; batch++) {
      tasks += pool.get(batch).tasks();
    }
    return tasks;
  }

  /**
   * Runs a task over the tokens of its batch.
   *
   * @param x f32 [B, S, in]
   * @param factored the same times the rows' factors
   * @param y f32 [B, S, out]
   */
  void run(
      int task,
      MemorySegment x,
      MemorySegment factored,
      int in,
      MemorySegment y,
      int out,
      FullRankScratch scratch) {
    int batch = 0;
    while (task >= pool.get(batch).tasks()) {
      task -= pool.get(batch++).tasks();
    }
    pool.get(batch).run(task, x, factored, in, y, out, scratch);
  }
}
