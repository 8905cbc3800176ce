package io.talchum.model.onnx.adapter;

import io.talchum.model.onnx.math.NonLinear;

/**
 * Mean over the tokens of a prompt of sigmoid(gate). The tokens come in pieces; a piece that is run
 * again counts once. Engine thread; the pool's threads read the mean.
 */
final class GateMean {
  private final double[] sums;
  private final double[] before; // without the last piece
  private int start; // of the last piece
  private int count;

  GateMean(int outputs) {
    this.sums = new double[outputs];
    this.before = new double[outputs];
  }

  GateMean(GateMean other) {
    this.sums = other.sums.clone();
    this.before = other.before.clone();
    this.start = other.start;
    this.count = other.count;
  }

  /** Begins a piece at the position of its first token. */
  void begin(int position) {
    if (position == start) {
      System.arraycopy(before, 0, sums, 0, sums.length);
    } else {
      System.arraycopy(sums, 0, before, 0, sums.length);
      start = position;
    }
    count = position;
  }

  void add(int output, float gate) {
    sums[output] += NonLinear.sigmoid(gate);
  }

  /** Ends a token. */
  void next() {
    count++;
  }

  float mean(int output) {
    return (float) (sums[output] / Math.max(1, count));
  }
}
