package io.talchum.model.onnx;

/** How far rows of logits are from expected ones, over all rows that were added. */
final class LogitDifference {
  private float largest;
  private double divergence;
  private int same;
  private int rows;

  /** Compares rows of logits. */
  void add(float[][] expected, float[][] actual) {
    largest = Math.max(largest, TinyModels.maxDifference(actual, expected));
    for (int i = 0; i < expected.length; i++, rows++) {
      divergence += divergence(expected[i], actual[i]);
      same += TinyModels.argmax(expected[i]) == TinyModels.argmax(actual[i]) ? 1 : 0;
    }
  }

  /** Of all logits. */
  float largest() {
    return largest;
  }

  /** Mean KL(expected || actual), nats. */
  double klDivergence() {
    return divergence / rows;
  }

  /** Part of the rows with the same most likely token. */
  double sameTop() {
    return (double) same / rows;
  }

  private static double divergence(float[] p, float[] q) {
    double[] logP = logSoftmax(p);
    double[] logQ = logSoftmax(q);
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.exp(logP[i]) * (logP[i] - logQ[i]);
    }
    return sum;
  }

  /** Log-probabilities, nats. */
  static double[] logSoftmax(float[] logits) {
    double max = logits[TinyModels.argmax(logits)];
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - max);
    }
    double[] result = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      result[i] = logits[i] - max - Math.log(sum);
    }
    return result;
  }

  @Override
  public String toString() {
    return "largest %s, KL %s, same top %s of %d"
        .formatted(largest, klDivergence(), sameTop(), rows);
  }
}
