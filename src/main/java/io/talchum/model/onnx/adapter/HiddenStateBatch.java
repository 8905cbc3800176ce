package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.DenseProduct;
import io.talchum.model.onnx.math.FullRankProduct;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows that share an adapter at a hidden state: each of its weights comes from memory once for
 * all of them. The engine thread collects and begins passes; then any threads run their tasks.
 */
final class HiddenStateBatch {
  private BoundAdapter[] bounds = new BoundAdapter[0]; // [tokens]
  private int[] indexes = new int[0]; // [tokens] row * S + token
  private int[] sequence = new int[0]; // 0, 1, 2 ...
  private int count;
  private HiddenStateAdapter[] adapters = OnnxAdapter.NO_HIDDEN_STATES;
  private MemorySegment shared = MemorySegment.NULL;

  private final FullRankProduct product = new FullRankProduct();
  private @Nullable HiddenStateAdapter adapter; // in progress
  private int pass;
  private int tasks;

  /** Begins with the changes of an adapter. */
  HiddenStateBatch start(HiddenStateAdapter[] adapters) {
    this.adapters = adapters;
    this.count = 0;
    return this;
  }

  /** Whether the rows are of the adapter with these changes. */
  boolean isOf(HiddenStateAdapter[] others) {
    return adapters == others;
  }

  /** Adds a row's tokens. */
  void add(BoundAdapter bound, int row, int tokens) {
    int end = count + tokens;
    if (indexes.length < end) {
      bounds = Arrays.copyOf(bounds, 2 * end);
      indexes = Arrays.copyOf(indexes, 2 * end);
      sequence = new int[2 * end];
      Arrays.setAll(sequence, i -> i);
    }
    for (int token = 0; token < tokens; token++) {
      bounds[count + token] = bound;
      indexes[count + token] = row * tokens + token;
    }
    count = end;
  }

  int count() {
    return count;
  }

  int index(int token) {
    return indexes[token];
  }

  BoundAdapter bound(int token) {
    return bounds[token];
  }

  /** Four of the tokens, or fewer at the end. */
  HiddenStateCall.Tokens tokens(int group) {
    int first = group * DenseProduct.TOKENS;
    return new HiddenStateCall.Tokens(this, first, Math.min(DenseProduct.TOKENS, count - first));
  }

  /** The batch's tokens in memory that has those of all rows. */
  TokenRows in(MemorySegment data, int width) {
    return new TokenRows(data, width, indexes, count);
  }

  /**
   * The batch's tokens in memory that its passes share.
   *
   * @param part which of the vectors of each token
   */
  TokenRows shared(int part, int width) {
    long bytes = (long) count * width * Float.BYTES;
    return new TokenRows(shared.asSlice(part * bytes, bytes), width, sequence, count);
  }

  /**
   * Begins a pass over the tokens, counted through all changes.
   *
   * @return its tasks; 0 after the last pass
   */
  int begin(int wave, HiddenStateCall call) {
    tasks = 0;
    for (HiddenStateAdapter next : adapters) {
      if (wave < next.passes()) {
        adapter = next;
        pass = wave;
        tasks = next.tasks(wave, count);
        fit((long) next.sharedVectors() * count * call.width() * Float.BYTES);
        next.beginPass(call, this, pass);
        return tasks;
      }
      wave -= next.passes();
    }
    return 0;
  }

  private void fit(long bytes) {
    if (shared.byteSize() < bytes) {
      shared = Arena.ofAuto().allocate(bytes, AdapterMatrix.ALIGNMENT);
    }
  }

  /** The product of the pass in progress. */
  FullRankProduct product() {
    return product;
  }

  int tasks() {
    return tasks;
  }

  void run(HiddenStateCall call, int task, TaskScratch scratch) {
    if (adapter != null) {
      adapter.run(call, this, pass, task, scratch);
    }
  }
}
