package io.talchum.model.onnx;

import io.talchum.model.onnx.LinearChange.DenseChange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The dense matrices of the rows at one site, cut into tasks of some outputs each: all matrices of
 * an output are in one task, and rows with the same adapter are in one job, so that its weights
 * come from memory once. The engine thread collects; then any threads run the tasks.
 */
final class DenseJobs {
  private final List<DenseJob> pool = new ArrayList<>();
  private int jobs; // of them, at this site

  void clear() {
    jobs = 0;
  }

  /**
   * Adds a row's tokens.
   *
   * @param begin the first token that is changed
   * @param tokens per row
   */
  void add(LinearChange change, int row, int begin, int tokens) {
    if (change.dense().length > 0) {
      jobOf(change).add(row, begin, tokens);
    }
  }

  private DenseJob jobOf(LinearChange change) {
    for (int job = 0; job < jobs; job++) {
      if (pool.get(job).isOf(change)) {
        return pool.get(job);
      }
    }
    if (jobs == pool.size()) {
      pool.add(new DenseJob());
    }
    return pool.get(jobs++).start(change);
  }

  int tasks() {
    int tasks = 0;
    for (int job = 0; job < jobs; job++) {
      tasks += pool.get(job).tasks();
    }
    return tasks;
  }

  /**
   * Runs a task over the tokens of its job.
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
      DenseTile tile) {
    int job = 0;
    while (task >= pool.get(job).tasks()) {
      task -= pool.get(job++).tasks();
    }
    DenseJob mine = pool.get(job);
    for (DenseChange dense : mine.change().dense()) {
      TokenRows inputs = mine.in(dense.ofFactoredInput() ? factored : x, in);
      mine.run(task, dense, inputs, mine.in(y, out), tile);
    }
  }
}
