package io.talchum.adapter;

import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What an adapter does to the base, reduced to primitives; the engine never sees the method's name.
 *
 * @param primitives in any order; several low-rank and dense deltas of one linear add up, all other
 *     kinds at most once per place
 */
public record AdapterWeights(List<AdapterPrimitive> primitives) {
  private static final int MOST_REPLACED = 8;

  public AdapterWeights {
    primitives = List.copyOf(primitives);
  }

  public static AdapterWeights of(Collection<? extends AdapterPrimitive> primitives) {
    return new AdapterWeights(List.copyOf(primitives));
  }

  public static AdapterWeights of(AdapterPrimitive... primitives) {
    return new AdapterWeights(List.of(primitives));
  }

  /** The primitives of one kind, in their order. */
  public <T extends AdapterPrimitive> List<T> all(Class<T> kind) {
    return primitives.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  public List<LowRankDelta> lowRank() {
    return all(LowRankDelta.class);
  }

  /** Positions of the context that it takes in front of every prompt. */
  public int virtualTokens() {
    return all(SoftPrompt.class).stream().mapToInt(SoftPrompt::tokens).sum()
        + all(VirtualKeyValues.class).stream().mapToInt(VirtualKeyValues::tokens).sum();
  }

  /** Some of the tokens that it replaces, then those that wake it. */
  public int[] touchedTokenIds() {
    IntStream replaced =
        all(EmbeddingRows.class).stream().flatMapToInt(rows -> IntStream.of(rows.tokenIds()));
    IntStream waking = all(Invocation.class).stream().flatMapToInt(i -> IntStream.of(i.tokenIds()));
    return IntStream.concat(replaced.limit(MOST_REPLACED), waking).toArray();
  }

  /** About what it takes in memory when it is ready to run; mostly not more. */
  public long memoryBytes() {
    return primitives.stream().mapToLong(PrimitiveBytes::of).sum();
  }

  /** The largest rank of a linear's delta, 0 without low-rank deltas. */
  public int maxRank() {
    return lowRank().stream().mapToInt(LowRankDelta::rank).max().orElse(0);
  }
}
