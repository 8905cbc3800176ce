package io.talchum.model.onnx.adapter;

import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.model.onnx.math.Rotation;
import io.talchum.model.onnx.math.Softmax;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenGroup;

/**
 * attended += gate * softmax(rope(q) K^T / sqrt(headDim)) V.
 *
 * @param keys f32 [n, kvHeads, headDim]
 * @param values f32 [n, kvHeads, headDim]
 * @param rotate whether the queries that the node sees are not rotated yet
 */
public record GatedAttentionAdapter(
    int count, float[] keys, float[] values, float gate, boolean rotate)
    implements TokenwiseAdapter {

  @Override
  public void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {
    ModelSpec spec = call.spec();
    TokenGroup queries = call.seen(tokens);
    TokenGroup attended = call.changed(tokens);
    RopeSpec rope = spec.attention().ropeOf(call.site().layer());
    float[] query = new float[spec.headDim()];
    float[] scores = new float[count];
    for (int t = 0; t < tokens.count(); t++) {
      Rotation rotation = new Rotation(rope, call.position(tokens, t));
      for (int head = 0; head < spec.heads(); head++) {
        for (int i = 0; i < query.length; i++) {
          query[i] = queries.get(t, head * query.length + i);
        }
        if (rotate) {
          rotation.apply(query, 0);
        }
        attend(spec, head, query, scores, attended, t);
      }
    }
  }

  private void attend(
      ModelSpec spec, int head, float[] query, float[] scores, TokenGroup attended, int token) {
    int size = spec.headDim();
    int kvHead = head / (spec.heads() / spec.kvHeads());
    for (int n = 0; n < count; n++) {
      int first = (n * spec.kvHeads() + kvHead) * size;
      float dot = 0;
      for (int i = 0; i < size; i++) {
        dot += query[i] * keys[first + i];
      }
      scores[n] = (float) (dot / Math.sqrt(size));
    }
    Softmax.apply(scores, gate);
    for (int i = 0; i < size; i++) {
      float sum = attended.get(token, head * size + i);
      for (int n = 0; n < count; n++) {
        sum += scores[n] * values[(n * spec.kvHeads() + kvHead) * size + i];
      }
      attended.set(token, head * size + i, sum);
    }
  }
}
