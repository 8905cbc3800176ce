package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.WideScratch;
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

  /** Begins when all rows are there. */
  void begin(MemorySegment x, int in) {
    for (int job = 0; job < jobs; job++) {
      pool.get(job).begin(x, in);
    }
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
      WideScratch scratch) {
    int job = 0;
    while (task >= pool.get(job).tasks()) {
      task -= pool.get(job++).tasks();
    }
    pool.get(job).run(task, x, factored, in, y, out, scratch);
  }
}
