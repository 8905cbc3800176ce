package io.talchum.model.onnx;

import io.talchum.model.onnx.LinearChange.DenseChange;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The dense matrices of the rows at one site, cut into tasks of some outputs each: all matrices of
 * an output are in one task. The engine thread collects; then any threads run the tasks.
 */
final class DenseJobs {
  /** Weights of a task: they stay in a core's cache while the tokens pass. */
  private static final int TASK_WEIGHTS = 1 << 15;

  private final List<LinearChange> changes = new ArrayList<>();
  private int[] numbers = new int[0]; // [jobs, FIELDS]
  private int tasks;

  private static final int FIELDS = 3;
  private static final int ROW = 0;
  private static final int BEGIN = 1; // the first token
  private static final int FIRST_TASK = 2;

  void clear() {
    changes.clear();
    tasks = 0;
  }

  void add(LinearChange change, int row, int begin) {
    if (change.dense().length == 0) {
      return;
    }
    int at = changes.size() * FIELDS;
    if (numbers.length < at + FIELDS) {
      numbers = Arrays.copyOf(numbers, 2 * (at + FIELDS));
    }
    numbers[at + ROW] = row;
    numbers[at + BEGIN] = begin;
    numbers[at + FIRST_TASK] = tasks;
    changes.add(change);
    tasks += Math.ceilDiv(outputs(change), chunk(change));
  }

  private static int outputs(LinearChange change) {
    return change.dense()[0].matrix().rows();
  }

  private static int chunk(LinearChange change) {
    return Math.max(1, TASK_WEIGHTS / Math.max(1, change.dense()[0].matrix().columns()));
  }

  int tasks() {
    return tasks;
  }

  /**
   * Runs a task over the tokens of its row.
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
      int tokens) {
    int job = jobOf(task);
    LinearChange change = changes.get(job);
    int chunk = chunk(change);
    int first = (task - numbers[job * FIELDS + FIRST_TASK]) * chunk;
    int end = Math.min(outputs(change), first + chunk);
    int begin = numbers[job * FIELDS + BEGIN];
    long row = (long) numbers[job * FIELDS + ROW] * tokens;
    TokenGroup group = new TokenGroup();
    float[] sums = new float[DenseProduct.TOKENS];
    for (int token = begin; token < tokens; token += DenseProduct.TOKENS) {
      int count = Math.min(DenseProduct.TOKENS, tokens - token);
      long target = (row + token) * out + change.outOffset();
      for (DenseChange dense : change.dense()) {
        group.over(dense.ofFactoredInput() ? factored : x, row + token, in, count);
        for (int output = first; output < end; output++) {
          DenseProduct.dots(dense.matrix(), output, group.data(), group.at(), sums);
          write(dense, output, sums, count, y, target, out);
        }
      }
    }
  }

  private int jobOf(int task) {
    int job = changes.size() - 1;
    while (numbers[job * FIELDS + FIRST_TASK] > task) {
      job--;
    }
    return job;
  }

  private static void write(
      DenseChange change,
      int output,
      float[] sums,
      int count,
      MemorySegment y,
      long target,
      int out) {
    boolean replaces = change.targets().length > 0;
    int column = replaces ? change.targets()[output] : output;
    for (int t = 0; t < count; t++) {
      long offset = (target + (long) t * out + column) * Float.BYTES;
      VectorLoops.set(y, offset, replaces ? sums[t] : VectorLoops.get(y, offset) + sums[t]);
    }
  }
}
