package io.talchum.model.onnx;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Adds what the rows' adapters change at one site. Reads the adapters where they lie: nothing is
 * copied at admission, rows without an adapter cost nothing, and ranks and formats mix freely. The
 * engine thread prepares and enters; then any threads run the tasks.
 */
final class AdapterRows {
  private @Nullable LowRankAdapter[] adapters = new LowRankAdapter[0]; // [B]
  private boolean any;
  private int tokens; // S
  private int[] adapted = new int[0]; // rows with an adapter at this site

  private int site;
  private int in;
  private int out;
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;

  /**
   * Sets the rows of the next run.
   *
   * @param adapters by row; null is the base
   * @param tokens per row
   */
  void prepare(@Nullable LowRankAdapter[] adapters, int tokens) {
    this.adapters = adapters;
    this.tokens = tokens;
    this.any = false;
    for (LowRankAdapter adapter : adapters) {
      any |= adapter != null;
    }
    if (adapted.length < adapters.length) {
      adapted = new int[adapters.length];
    }
  }

  /**
   * Begins a site.
   *
   * @param x f32 [B, S, in]
   * @param y f32 [B, S, out], to be added to
   * @return the number of tasks
   */
  int enter(int site, int in, int out, MemorySegment x, MemorySegment y) {
    if (!any) {
      return 0;
    }
    this.site = site;
    this.in = in;
    this.out = out;
    this.x = x;
    this.y = y;
    int count = 0;
    for (int row = 0; row < adapters.length; row++) {
      LowRankAdapter adapter = adapters[row];
      if (adapter != null && adapter.at(site).length > 0) {
        adapted[count++] = row;
      }
    }
    return count * tokens;
  }

  /** One token of one row. */
  void run(int task) {
    int row = adapted[task / tokens];
    long token = (long) row * tokens + task % tokens;
    LowRankAdapter adapter = adapters[row];
    if (adapter == null) {
      return;
    }
    for (LowRankAdapter.Delta delta : adapter.at(site)) {
      LowRankProduct.add(
          adapter,
          delta,
          x,
          token * in * Float.BYTES,
          y,
          token * out * Float.BYTES,
          new float[delta.rank()]);
    }
  }
}
