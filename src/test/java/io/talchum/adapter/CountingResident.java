package io.talchum.adapter;

import java.util.concurrent.atomic.AtomicInteger;

/** A resident adapter that counts its closings; its mark says which content it was made from. */
class CountingResident implements ResidentAdapter {
  final float mark;
  final AtomicInteger closings = new AtomicInteger();

  CountingResident(AdapterWeights weights) {
    this.mark = weights.lowRank().getFirst().scale();
  }

  @Override
  public long residentBytes() {
    return 7;
  }

  @Override
  public void close() {
    closings.incrementAndGet();
  }
}
