package io.talchum.model.onnx;

import java.util.List;

/** x += sum_k softmax_k(query(i) . key(a_k)) value(a_k), i = x + z. */
record FusionChange(
    List<BottleneckChange> members,
    AdapterProjection query,
    AdapterProjection key,
    AdapterProjection value)
    implements HookChange {
  FusionChange {
    members = List.copyOf(members);
  }

  @Override
  public void run(HookCall call, HookCall.Tokens tokens, HookScratch scratch) {
    int width = call.width();
    TokenGroup i = scratch.group(width, tokens.count());
    i.sum(call.changed(tokens), call.seen(tokens), width);
    TokenGroup q = query.apply(i, scratch);
    float[][] scores = new float[tokens.count()][members.size()];
    TokenGroup[] values = new TokenGroup[members.size()];
    for (int k = 0; k < values.length; k++) {
      TokenGroup a = members.get(k).result(call, tokens, scratch);
      TokenGroup keys = key.apply(a, scratch);
      values[k] = value.apply(a, scratch);
      for (int t = 0; t < tokens.count(); t++) {
        for (int n = 0; n < query.outputs(); n++) {
          scores[t][k] += q.get(t, n) * keys.get(t, n);
        }
      }
    }
    TokenGroup x = call.changed(tokens);
    for (int t = 0; t < tokens.count(); t++) {
      Softmax.apply(scores[t], 1);
      for (int k = 0; k < values.length; k++) {
        for (int n = 0; n < width; n++) {
          x.set(t, n, x.get(t, n) + scores[t][k] * values[k].get(t, n));
        }
      }
    }
  }
}
