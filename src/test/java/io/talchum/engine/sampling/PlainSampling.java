package io.talchum.engine.sampling;

import io.talchum.core.SamplingParams;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The slow, plain reference in double precision. */
final class PlainSampling {
  private PlainSampling() {}

  /** Token ids, best first, equal logits by id. */
  static List<Integer> ranked(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(i -> i))
        .toList();
  }

  static double[] softmax(float[] logits, double temperature) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] p = new double[logits.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp((logits[i] - max) / temperature);
    }
    return normalized(p);
  }

  /** The probability with which each token is drawn: temperature, top_k, top_p, min_p. */
  static double[] probabilities(float[] logits, SamplingParams params) {
    double[] p = softmax(logits, params.temperature());
    List<Integer> ranked = ranked(logits);
    if (params.topK() > 0) {
      ranked.stream().skip(params.topK()).forEach(i -> p[i] = 0);
      System.arraycopy(normalized(p), 0, p, 0, p.length);
    }
    double before = 0;
    for (int i : ranked) {
      boolean isKept = before == 0 || params.topP() >= 1 || before < params.topP();
      before += p[i];
      p[i] = isKept ? p[i] : 0;
    }
    double best = p[ranked.getFirst()];
    for (int i = 0; i < p.length; i++) {
      p[i] = p[i] < params.minP() * best ? 0 : p[i];
    }
    return normalized(p);
  }

  private static double[] normalized(double[] weights) {
    double sum = Arrays.stream(weights).sum();
    return Arrays.stream(weights).map(w -> w / sum).toArray();
  }
}
