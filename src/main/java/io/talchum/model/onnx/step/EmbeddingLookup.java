package io.talchum.model.onnx.step;

import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.RowReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Turns token ids into what the layers take. Engine thread. */
public final class EmbeddingLookup {
  private final RowReader table; // [vocab, hidden]
  private final int vocabSize;
  private final float scale;
  private final float[] embedding; // [hidden]

  public EmbeddingLookup(ModelPackage weights) {
    ModelSpec spec = weights.manifest().spec();
    this.table = weights.rows(weights.tensor("embed"));
    this.vocabSize = spec.vocabSize();
    this.scale = spec.scales().embedding();
    this.embedding = new float[spec.hiddenSize()];
  }

  /**
   * Writes one token's embedding.
   *
   * @param index in units of tokens
   * @throws ServeException INVALID_REQUEST if there is no such token
   */
  public void read(
      int tokenId, @Nullable EmbeddingAdapter adapter, MemorySegment target, long index) {
    if (tokenId < 0 || tokenId >= vocabSize) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "token id %d is not in 0..%d".formatted(tokenId, vocabSize - 1));
    }
    if (adapter == null || !adapter.replace(tokenId, embedding)) {
      table.read(tokenId, embedding, 0);
    }
    if (adapter != null) {
      adapter.add(tokenId, embedding);
    }
    for (int i = 0; scale != 1 && i < embedding.length; i++) {
      embedding[i] *= scale;
    }
    long offset = index * embedding.length * Float.BYTES;
    MemorySegment.copy(embedding, 0, target, ValueLayout.JAVA_FLOAT, offset, embedding.length);
  }
}
