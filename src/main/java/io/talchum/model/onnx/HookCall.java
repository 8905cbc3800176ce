package io.talchum.model.onnx;

import io.talchum.core.ModelSpec;
import java.lang.foreign.MemorySegment;

/**
 * A hook that runs. The engine thread sets it; the pool's threads read.
 *
 * @param site which
 * @param firstPositions KV position of each row's first token here
 * @param tokens per row
 * @param seen f32 [B, S, seenWidth]
 * @param changed f32 [B, S, width]
 * @param embeddings f32 [B, S, hidden] that the layers began with
 * @param ladder f32 [B, S, largest side network]
 * @param kv the slots; row 0 is in slot {@code firstSlot}
 */
record HookCall(
    ModelSpec spec,
    HookSite site,
    int[] firstPositions,
    int tokens,
    MemorySegment seen,
    int seenWidth,
    MemorySegment changed,
    int width,
    MemorySegment embeddings,
    MemorySegment ladder,
    KvSlots kv,
    int firstSlot) {

  /** Up to four tokens of a row. */
  record Tokens(BoundAdapter bound, int row, int first, int count) {}

  private long index(Tokens t) {
    return (long) t.row() * tokens + t.first();
  }

  TokenGroup seen(Tokens t) {
    return new TokenGroup().over(seen, index(t), seenWidth, t.count());
  }

  TokenGroup changed(Tokens t) {
    return new TokenGroup().over(changed, index(t), width, t.count());
  }

  TokenGroup embeddings(Tokens t) {
    return new TokenGroup().over(embeddings, index(t), spec.hiddenSize(), t.count());
  }

  /** The side network's numbers of these tokens, kept from layer to layer. */
  TokenGroup ladder(Tokens t, int side) {
    int most = (int) (ladder.byteSize() / Float.BYTES / (firstPositions.length * tokens));
    TokenGroup kept = new TokenGroup().over(ladder, index(t), most, t.count());
    if (side > most) {
      throw new IllegalStateException("a ladder of " + side + " has room for " + most);
    }
    return kept;
  }

  int position(Tokens t) {
    return firstPositions[t.row()] + t.first();
  }
}
