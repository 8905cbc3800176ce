package io.talchum.adapter;

import java.util.List;

/**
 * What an adapter does to the base, reduced to primitives; the engine never sees the method's name.
 *
 * @param lowRank at most one per layer and linear
 */
public record AdapterWeights(List<LowRankDelta> lowRank) {
  public AdapterWeights {
    lowRank = List.copyOf(lowRank);
  }

  /** The largest rank, 0 without low-rank deltas. */
  public int maxRank() {
    return lowRank.stream().mapToInt(LowRankDelta::rank).max().orElse(0);
  }
}
