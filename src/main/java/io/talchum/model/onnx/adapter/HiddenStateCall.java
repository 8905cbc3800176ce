package io.talchum.model.onnx.adapter;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.graph.HiddenStateSite;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.math.TokenGroup;
import java.lang.foreign.MemorySegment;

/**
 * A node that runs. The engine thread sets it; the pool's threads read.
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
record HiddenStateCall(
    ModelSpec spec,
    HiddenStateSite site,
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

  /** Up to four tokens of the rows of a batch. */
  record Tokens(HiddenStateBatch batch, int first, int count) {
    /** The adapter in a token's slot. */
    BoundAdapter bound(int token) {
      return batch.bound(first + token);
    }

    private TokenGroup of(MemorySegment data, int width) {
      return new TokenGroup(batch.in(data, width), first, count);
    }
  }

  TokenGroup seen(Tokens t) {
    return t.of(seen, seenWidth);
  }

  TokenGroup changed(Tokens t) {
    return t.of(changed, width);
  }

  TokenGroup embeddings(Tokens t) {
    return t.of(embeddings, spec.hiddenSize());
  }

  /** The side network's numbers of these tokens, kept from layer to layer. */
  TokenGroup ladder(Tokens t, int side) {
    int most = (int) (ladder.byteSize() / Float.BYTES / (firstPositions.length * tokens));
    if (side > most) {
      throw new IllegalStateException("a ladder of " + side + " has room for " + most);
    }
    return t.of(ladder, most);
  }

  int position(Tokens t, int token) {
    int index = t.batch().index(t.first() + token);
    return firstPositions[index / tokens] + index % tokens;
  }
}
