package io.talchum.engine.sampling;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The most likely tokens of a row, best first; of equal logits the lower id comes first. Tokens at
 * minus infinity are left out.
 *
 * @param ids token ids
 * @param logits their logits, same order
 */
public record TopTokens(int[] ids, float[] logits) {

  /** The k largest of the row, or fewer if fewer are above minus infinity. */
  public static TopTokens of(MemorySegment row, int k) {
    int n = LogitLoops.length(row);
    Heap heap = new Heap(Math.min(k, n));
    if (k > 0) {
      heap.fill(row, n);
    }
    return heap.sorted();
  }

  public int size() {
    return ids.length;
  }

  /** The best few of them. */
  TopTokens first(int k) {
    return k >= ids.length ? this : new TopTokens(Arrays.copyOf(ids, k), Arrays.copyOf(logits, k));
  }

  /** A heap of fixed capacity with the worst token at its root. */
  private static final class Heap {
    private final int[] ids;
    private final float[] logits;
    private int size;

    Heap(int capacity) {
      ids = new int[capacity];
      logits = new float[capacity];
    }

    void fill(MemorySegment row, int n) {
      int i = 0;
      for (; i < n && size < ids.length; i++) {
        float x = LogitLoops.get(row, i);
        if (x > Float.NEGATIVE_INFINITY) {
          push(i, x);
        }
      }
      while (i < n) {
        i = LogitLoops.nextStretchAbove(row, i, logits[0]);
        int end = Math.min(n, i + LogitLoops.stretch());
        for (; i < end; i++) {
          float x = LogitLoops.get(row, i);
          if (x > logits[0]) {
            put(0, i, x);
            sink(size);
          }
        }
      }
    }

    /** Heap sort: the worst goes to the end. */
    TopTokens sorted() {
      int count = size;
      for (int last = count - 1; last > 0; last--) {
        int id = ids[last];
        float logit = logits[last];
        put(last, ids[0], logits[0]);
        put(0, id, logit);
        sink(last);
      }
      return count == ids.length
          ? new TopTokens(ids, logits)
          : new TopTokens(Arrays.copyOf(ids, count), Arrays.copyOf(logits, count));
    }

    private void push(int id, float logit) {
      int at = size++;
      put(at, id, logit);
      while (at > 0 && isWorse(at, (at - 1) / 2)) {
        swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
      }
    }

    private void sink(int count) {
      int at = 0;
      while (true) {
        int child = 2 * at + 1;
        if (child >= count) {
          return;
        }
        if (child + 1 < count && isWorse(child + 1, child)) {
          child++;
        }
        if (!isWorse(child, at)) {
          return;
        }
        swap(at, child);
        at = child;
      }
    }

    private boolean isWorse(int a, int b) {
      return logits[a] < logits[b] || (logits[a] == logits[b] && ids[a] > ids[b]);
    }

    private void swap(int a, int b) {
      int id = ids[a];
      float logit = logits[a];
      put(a, ids[b], logits[b]);
      put(b, id, logit);
    }

    private void put(int at, int id, float logit) {
      ids[at] = id;
      logits[at] = logit;
    }
  }
}
