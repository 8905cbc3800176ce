package io.talchum.model.onnx.adapter;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.Projection;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.DenseProduct;
import io.talchum.model.onnx.math.DenseTile;
import io.talchum.model.onnx.math.FullRankProjection;
import io.talchum.model.onnx.math.RoundedMatrix;
import io.talchum.model.onnx.math.Softmax;
import io.talchum.model.onnx.math.TaskScratch;
import io.talchum.model.onnx.math.TokenGroup;
import io.talchum.model.onnx.math.TokenRows;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * x += sum_k s_k value(a_k), s = softmax_k(query(i) . key(a_k)), i = x + z.
 *
 * <p>Whole matrices meet each token once, however many members there are: query(i) . key(a) is (M i
 * + c) . a, M = Wk^T Wq, c = Wk^T bq, but for terms that all members share and the softmax drops;
 * and since the s_k sum to 1, sum_k s_k value(a_k) is value(sum_k s_k a_k).
 *
 * @param score M and c
 */
public record FusionAdapter(
    List<BottleneckAdapter> members, FullRankProjection score, FullRankProjection value)
    implements HiddenStateAdapter {
  private static final int MEMBERS = 0;
  private static final int SCORE = 1;
  private static final int MIX = 2;
  private static final int VALUE = 3;

  // Of the vectors that the passes share.
  private static final int INPUT = 0; // i, then the mixed a
  private static final int SCORED = 1; // M i + c
  private static final int FIRST_MEMBER = 2;

  public FusionAdapter {
    members = List.copyOf(members);
  }

  /**
   * @param round whether whole matrices may be rounded, see {@link RoundedMatrix}
   */
  public static FusionAdapter of(SegmentAllocator memory, AdapterFusion fusion, boolean round) {
    return new FusionAdapter(
        fusion.members().stream().map(m -> BottleneckAdapter.of(memory, m, null)).toList(),
        FullRankProjection.of(memory, score(fusion.query(), fusion.key()), round),
        FullRankProjection.of(memory, fusion.value(), round));
  }

  /** M = Wk^T Wq and c = Wk^T bq. */
  private static Projection score(Projection query, Projection key) {
    int inputs = query.inputs();
    float[] m = new float[key.inputs() * inputs];
    int[] columns = IntStream.range(0, inputs).toArray();
    DenseTile tile = new DenseTile();
    try (Arena arena = Arena.ofConfined()) {
      AdapterMatrix keys =
          AdapterMatrix.transposed(arena, key.weight(), key.inputs(), key.outputs());
      MemorySegment queries = AdapterMatrix.vector(arena, transposed(query));
      TokenRows x = new TokenRows(queries, query.outputs(), columns, inputs);
      for (int row = 0; row < key.inputs(); row += DenseProduct.ROWS) {
        int rows = Math.min(DenseProduct.ROWS, key.inputs() - row);
        for (int from = 0; from < inputs; from += DenseTile.TOKENS) {
          int tokens = Math.min(DenseTile.TOKENS, inputs - from);
          tile.multiply(keys, row, rows, x, from, tokens);
          for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
              m[(row + r) * inputs + from + t] = tile.get(t, r);
            }
          }
        }
      }
    }
    return new Projection(key.inputs(), inputs, m, constant(query, key));
  }

  private static float[] constant(Projection query, Projection key) {
    float[] c = new float[query.bias().length == 0 ? 0 : key.inputs()];
    float[] keys = c.length == 0 ? c : key.weight().toArray();
    for (int n = 0; n < query.bias().length; n++) {
      for (int i = 0; i < c.length; i++) {
        c[i] += query.bias()[n] * keys[n * c.length + i];
      }
    }
    return c;
  }

  private static float[] transposed(Projection p) {
    float[] weight = p.weight().toArray();
    float[] transposed = new float[weight.length];
    for (int i = 0; i < transposed.length; i++) {
      transposed[i % p.inputs() * p.outputs() + i / p.inputs()] = weight[i];
    }
    return transposed;
  }

  @Override
  public int passes() {
    return VALUE + 1;
  }

  @Override
  public int tasks(int pass, int tokens) {
    return switch (pass) {
      case SCORE -> score.tasks();
      case VALUE -> value.tasks();
      default -> Math.ceilDiv(tokens, DenseProduct.TOKENS);
    };
  }

  @Override
  public int sharedVectors() {
    return FIRST_MEMBER + members.size();
  }

  @Override
  public void beginPass(HiddenStateCall call, HiddenStateBatch batch, int pass) {
    if (pass == SCORE || pass == VALUE) {
      FullRankProjection projection = pass == SCORE ? score : value;
      batch.product().begin(projection.weight(), batch.shared(INPUT, call.width()));
    }
  }

  @Override
  public void run(
      HiddenStateCall call, HiddenStateBatch batch, int pass, int task, TaskScratch scratch) {
    TokenRows input = batch.shared(INPUT, call.width());
    switch (pass) {
      case MEMBERS -> members(call, batch, task, scratch);
      case SCORE -> {
        TokenRows scored = batch.shared(SCORED, call.width());
        score.run(task, batch.product(), input, scored, false, scratch.products());
      }
      case MIX -> mix(call, batch, task);
      default -> {
        TokenRows x = batch.in(call.changed(), call.width());
        value.run(task, batch.product(), input, x, true, scratch.products());
      }
    }
  }

  private void members(
      HiddenStateCall call, HiddenStateBatch batch, int task, TaskScratch scratch) {
    HiddenStateCall.Tokens tokens = batch.tokens(task);
    group(call, batch, tokens, INPUT).sum(call.changed(tokens), call.seen(tokens), call.width());
    for (int k = 0; k < members.size(); k++) {
      TokenGroup a = members.get(k).result(call, tokens, scratch);
      group(call, batch, tokens, FIRST_MEMBER + k).copy(a, call.width());
    }
  }

  private void mix(HiddenStateCall call, HiddenStateBatch batch, int task) {
    HiddenStateCall.Tokens tokens = batch.tokens(task);
    TokenGroup scored = group(call, batch, tokens, SCORED);
    TokenGroup mixed = group(call, batch, tokens, INPUT);
    float[] scores = new float[members.size()];
    for (int t = 0; t < tokens.count(); t++) {
      for (int k = 0; k < scores.length; k++) {
        TokenGroup a = group(call, batch, tokens, FIRST_MEMBER + k);
        scores[k] = scored.dot(t, a, call.width());
      }
      Softmax.apply(scores, 1);
      mixed.clear(t, call.width());
      for (int k = 0; k < scores.length; k++) {
        mixed.add(t, scores[k], group(call, batch, tokens, FIRST_MEMBER + k), call.width());
      }
    }
  }

  private static TokenGroup group(
      HiddenStateCall call, HiddenStateBatch batch, HiddenStateCall.Tokens tokens, int part) {
    TokenRows rows = batch.shared(part, call.width());
    return new TokenGroup(rows, tokens.first(), tokens.count());
  }
}
