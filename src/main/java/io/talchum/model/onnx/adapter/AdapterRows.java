package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.adapter.LinearAdapter.LowRankUpdate;
import io.talchum.model.onnx.graph.AdapterSite;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.FullRankScratch;
import io.talchum.model.onnx.math.LowRankProduct;
import io.talchum.model.onnx.math.VectorLoops;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Adds what the rows' adapters change at one site. Reads the adapters where they lie: nothing is
 * copied at admission, rows without an adapter cost nothing, and kinds, ranks and formats mix
 * freely. The engine thread prepares and enters; then any threads run the tasks, first all of
 * {@link #dense}, then all of {@link #token}.
 */
public final class AdapterRows {
  private final DenseBatches denseBatches = new DenseBatches();
  private final ThreadLocal<FullRankScratch> scratches =
      ThreadLocal.withInitial(FullRankScratch::new);
  private @Nullable BoundAdapter[] rows = new BoundAdapter[0]; // [B]
  private int[] firstPositions = new int[0]; // [B] of the first token
  private int firstHeadToken;
  private boolean any;
  private int[] adapted = new int[0]; // rows with an adapter at this site
  private int adaptedRows;

  private int site;
  private int tokens; // S
  private int firstToken; // of the row's tokens, the first one here
  private int in;
  private int out;
  private MemorySegment x = MemorySegment.NULL;
  private MemorySegment y = MemorySegment.NULL;
  private MemorySegment factored = MemorySegment.NULL; // f32 [B, S, in]
  private MemorySegment scratch = MemorySegment.NULL;

  /**
   * Sets the rows of the next run.
   *
   * @param rows null is the base
   * @param firstPositions KV position of each row's first token
   * @param firstHeadToken which of a row's tokens is the first one at the head
   */
  public void prepare(@Nullable BoundAdapter[] rows, int[] firstPositions, int firstHeadToken) {
    this.rows = rows;
    this.firstPositions = firstPositions;
    this.firstHeadToken = firstHeadToken;
    this.any = false;
    for (BoundAdapter row : rows) {
      any |= row != null;
    }
    if (adapted.length < rows.length) {
      adapted = new int[rows.length];
    }
  }

  /**
   * Begins a site.
   *
   * @param tokens per row
   * @param x f32 [B, S, in]
   * @param y f32 [B, S, out], to be changed
   * @param ownProduct whether the caller will multiply {@link #input}, not x
   * @return whether any row has changes here
   */
  public boolean enter(
      AdapterSite place,
      int tokens,
      int in,
      int out,
      MemorySegment x,
      MemorySegment y,
      boolean ownProduct) {
    adaptedRows = 0;
    if (!any) {
      return false;
    }
    this.site = place.number();
    this.tokens = tokens;
    this.in = in;
    this.out = out;
    this.x = x;
    this.y = y;
    this.firstToken = place.isHead() ? firstHeadToken : 0;
    for (int row = 0; row < rows.length; row++) {
      BoundAdapter bound = rows[row];
      if (bound != null && bound.adapter().at(site).length > 0 && begin(row, bound) < tokens) {
        adapted[adaptedRows++] = row;
      }
    }
    if (adaptedRows > 0) {
      measureGates();
      factorInputs(ownProduct);
      collectDense();
    }
    return adaptedRows > 0;
  }

  /** Gates of the rows whose prompt is being read. */
  private void measureGates() {
    for (int i = 0; i < adaptedRows; i++) {
      int row = adapted[i];
      BoundAdapter bound = rows[row];
      if (bound != null && !bound.adapter().gates().isEmpty()) {
        for (LinearAdapter linear : linears(row)) {
          for (LowRankUpdate lowRank : linear.lowRank()) {
            measure(lowRank.gate(), row, bound);
          }
        }
      }
    }
  }

  private void measure(@Nullable AdapterGate gate, int row, BoundAdapter bound) {
    int position = firstPositions[row] + firstToken;
    if (gate == null || position >= bound.promptEnd()) {
      return;
    }
    GateMean mean = bound.gate(gate.number());
    mean.begin(position - bound.adapter().virtualTokens());
    for (int token = 0; token < tokens && position + token < bound.promptEnd(); token++) {
      long at = ((long) row * tokens + token) * in * Float.BYTES;
      mean.add(0, gate.dot(0, x, at) + gate.bias(0));
      mean.next();
    }
  }

  /** The first of the row's tokens here that is changed. */
  private int begin(int row, BoundAdapter bound) {
    int position = firstPositions[row] + firstToken;
    return Math.max(0, bound.firstPosition() - position);
  }

  /** What the site's product takes: x, with factors where rows have them. */
  public MemorySegment input() {
    return x;
  }

  public int denseTasks() {
    return denseBatches.tasks();
  }

  public int tokenTasks() {
    return adaptedRows * tokens;
  }

  private void factorInputs(boolean ownProduct) {
    boolean copied = false;
    for (int i = 0; i < adaptedRows; i++) {
      int row = adapted[i];
      for (LinearAdapter linear : linears(row)) {
        if (linear.inputFactor().byteSize() > 0) {
          if (!copied) {
            factored = room(x.byteSize());
            factored.copyFrom(x);
            copied = true;
          }
          for (int token = begin(row); token < tokens; token++) {
            long at = ((long) row * tokens + token) * in * Float.BYTES;
            VectorLoops.multiply(linear.inputFactor(), x, at, factored, at);
          }
        }
      }
    }
    if (copied && ownProduct) {
      x = factored;
    }
  }

  private MemorySegment room(long bytes) {
    if (scratch.byteSize() < bytes) {
      scratch = Arena.ofAuto().allocate(bytes, AdapterMatrix.ALIGNMENT);
    }
    return scratch.asSlice(0, bytes);
  }

  private void collectDense() {
    denseBatches.clear();
    for (int i = 0; i < adaptedRows; i++) {
      int row = adapted[i];
      for (LinearAdapter linear : linears(row)) {
        denseBatches.add(linear, row, begin(row), tokens);
      }
    }
    denseBatches.begin(x, in);
  }

  private LinearAdapter[] linears(int row) {
    BoundAdapter bound = rows[row];
    return bound == null ? OnnxAdapter.NOTHING : bound.adapter().at(site);
  }

  private int begin(int row) {
    BoundAdapter bound = rows[row];
    return bound == null ? tokens : begin(row, bound);
  }

  /** Some outputs of an adapter's matrices for all its tokens. */
  public void dense(int task) {
    denseBatches.run(task, x, factored, in, y, out, scratches.get());
  }

  /** One token of one row. */
  public void token(int task) {
    int row = adapted[task / tokens];
    int token = task % tokens;
    BoundAdapter bound = rows[row];
    if (bound == null || token < begin(row, bound)) {
      return;
    }
    long index = (long) row * tokens + token;
    for (LinearAdapter linear : bound.adapter().at(site)) {
      long yOffset = (index * out + linear.outOffset()) * Float.BYTES;
      for (LowRankUpdate lowRank : linear.lowRank()) {
        AdapterGate gate = lowRank.gate();
        float factor = gate == null ? 1 : bound.gate(gate.number()).mean(0);
        LowRankProduct.add(
            lowRank.a(),
            lowRank.b(),
            factor * lowRank.scale(),
            x,
            index * in * Float.BYTES,
            y,
            yOffset,
            new float[lowRank.rank()]);
      }
      if (linear.g().byteSize() > 0) {
        VectorLoops.multiply(linear.g(), y, yOffset, y, yOffset);
      }
      if (linear.db().byteSize() > 0) {
        VectorLoops.add(linear.db(), y, yOffset);
      }
    }
  }
}
