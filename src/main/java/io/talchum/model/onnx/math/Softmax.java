package io.talchum.model.onnx.math;

/** Softmax of a few numbers. */
public final class Softmax {
  private Softmax() {}

  /** scores = factor * softmax(scores). */
  public static void apply(float[] scores, float factor) {
    float most = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      most = Math.max(most, score);
    }
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) Math.exp(scores[i] - most);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (factor * scores[i] / sum);
    }
  }
}
