package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.LowRankDelta;
import io.talchum.core.Linear;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what adapters add to the base, each times its weight. Exact: a low-rank change stays one,
 * with its own scale; dense changes and biases become one for each place. One thread.
 */
final class WeightedSum {
  /** As one adapter may have. */
  static final int MAX_RANK = 4096;

  private final List<LowRankDelta> lowRank = new ArrayList<>();
  private final Map<Place, Integer> ranks = new LinkedHashMap<>();
  private final Map<Place, List<Weighted>> dense = new LinkedHashMap<>();
  private final Map<Place, float[]> biases = new LinkedHashMap<>();
  private final StackedLowRank embedding = new StackedLowRank();
  private final StackedLowRank head = new StackedLowRank();

  private record Place(int layer, Linear linear) {}

  private record Weighted(double weight, FloatValues values) {}

  /**
   * @param name of the adapter, for refusals
   * @throws ServeException INVALID_REQUEST naming the adapter and what cannot be added up
   */
  void add(String name, double weight, AdapterWeights adapter) {
    for (AdapterPrimitive primitive : adapter.primitives()) {
      if (Unmixable.why(primitive) != null) {
        throw Unmixable.refuse(name, primitive);
      }
    }
    if (weight == 0) {
      return;
    }
    adapter.all(LowRankDelta.class).forEach(delta -> add(name, weight, delta));
    adapter
        .all(DenseDelta.class)
        .forEach(
            d ->
                dense
                    .computeIfAbsent(new Place(d.layer(), d.linear()), p -> new ArrayList<>())
                    .add(new Weighted(weight, d.delta())));
    adapter
        .all(BiasDelta.class)
        .forEach(b -> add(biases, new Place(b.layer(), b.linear()), b.db(), weight));
    adapter
        .all(EmbeddingLowRank.class)
        .forEach(e -> embedding.add(e.rank(), weight * e.scale(), e.a(), e.b()));
    adapter
        .all(HeadLowRank.class)
        .forEach(h -> head.add(h.rank(), weight * h.scale(), h.a(), h.b()));
    requireRank(name, "the embedding", embedding.rank());
    requireRank(name, "the head", head.rank());
  }

  private void add(String name, double weight, LowRankDelta delta) {
    Place place = new Place(delta.layer(), delta.linear());
    int rank = ranks.merge(place, delta.rank(), Integer::sum);
    requireRank(name, "layer %d %s".formatted(delta.layer(), delta.linear().path()), rank);
    lowRank.add(
        new LowRankDelta(
            delta.layer(),
            delta.linear(),
            delta.rank(),
            finite((float) (weight * delta.scale())),
            delta.a(),
            delta.b()));
  }

  private static void requireRank(String name, String place, int rank) {
    if (rank > MAX_RANK) {
      throw ServeException.invalid(
          "adapters",
          "with adapter %s the mix has rank %d at %s; at most %d together: leave one out"
              .formatted(name, rank, place, MAX_RANK));
    }
  }

  private static void add(Map<Place, float[]> sums, Place place, float[] values, double weight) {
    float[] sum = sums.computeIfAbsent(place, p -> new float[values.length]);
    add(sum, 0, values, 0, values.length, weight);
  }

  private static void add(
      float[] sum, long first, float[] values, int from, int count, double weight) {
    for (int i = 0; i < count; i++) {
      int place = (int) first + i;
      sum[place] = finite((float) (sum[place] + weight * values[from + i]));
    }
  }

  /** Added up when it is wanted. */
  private static FloatValues sum(List<Weighted> parts) {
    long size = parts.getFirst().values().size();
    return FloatValues.computed(
        size,
        () -> {
          float[] sum = new float[Math.toIntExact(size)];
          for (Weighted part : parts) {
            part.values()
                .forEach(
                    (first, values, from, count) ->
                        add(sum, first, values, from, count, part.weight()));
          }
          return sum;
        });
  }

  static float finite(float value) {
    if (!Float.isFinite(value)) {
      throw ServeException.invalid(
          "adapters", "the mix has numbers that are too large; choose smaller weights");
    }
    return value;
  }

  AdapterWeights weights() {
    List<AdapterPrimitive> primitives = new ArrayList<>(lowRank);
    dense.forEach(
        (at, parts) -> primitives.add(new DenseDelta(at.layer(), at.linear(), sum(parts))));
    biases.forEach((at, sum) -> primitives.add(new BiasDelta(at.layer(), at.linear(), sum)));
    if (embedding.rank() > 0) {
      primitives.add(
          new EmbeddingLowRank(embedding.rank(), embedding.scale(), embedding.a(), embedding.b()));
    }
    if (head.rank() > 0) {
      primitives.add(new HeadLowRank(head.rank(), head.scale(), head.a(), head.b()));
    }
    return new AdapterWeights(primitives);
  }
}
