package io.talchum.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * A server's own histogram of its time outside the model per answer.
 *
 * @param answersByLimit how many answers took at most so many seconds; empty if the server has no
 *     such histogram
 */
record ServerOverhead(NavigableMap<Double, Double> answersByLimit) {
  private static final String BUCKET = "talchum_request_overhead_seconds_bucket{";
  private static final String LIMIT = "le=\"";

  /** As it is now. */
  static ServerOverhead read(Target target, Duration timeout) throws IOException {
    if (target.kind() != ServerKind.OPENAI) {
      return parse("");
    }
    Page page = Page.get(target, "/metrics", timeout);
    return parse(page.status() == 200 ? page.text() : "");
  }

  static ServerOverhead parse(String metrics) {
    NavigableMap<Double, Double> buckets = new TreeMap<>();
    for (String line : metrics.split("\n", -1)) {
      int limit = line.startsWith(BUCKET) ? line.indexOf(LIMIT) + LIMIT.length() : 0;
      if (limit > LIMIT.length()) {
        String seconds =
            line.substring(limit, line.indexOf('"', limit)).replace("+Inf", "Infinity");
        String count = line.substring(line.lastIndexOf('}') + 1).strip().split(" ", 2)[0];
        buckets.put(Double.parseDouble(seconds), Double.parseDouble(count));
      }
    }
    return new ServerOverhead(buckets);
  }

  /**
   * A quantile of the answers since an earlier state, in ms, interpolated within its bucket; beyond
   * the last finite limit that limit. Empty without answers.
   */
  OptionalDouble quantileMillisSince(ServerOverhead earlier, double quantile) {
    double all = answersByLimit.isEmpty() ? 0 : since(earlier, answersByLimit.lastEntry());
    if (all <= 0) {
      return OptionalDouble.empty();
    }
    double lower = 0;
    double below = 0;
    for (Map.Entry<Double, Double> bucket : answersByLimit.entrySet()) {
      double upTo = since(earlier, bucket);
      if (upTo > below && upTo >= quantile * all) {
        double upper = Double.isInfinite(bucket.getKey()) ? lower : bucket.getKey();
        double part = (quantile * all - below) / (upTo - below);
        return OptionalDouble.of(1e3 * (lower + (upper - lower) * part));
      }
      lower = Double.isInfinite(bucket.getKey()) ? lower : bucket.getKey();
      below = upTo;
    }
    return OptionalDouble.of(1e3 * lower);
  }

  private static double since(ServerOverhead earlier, Map.Entry<Double, Double> bucket) {
    return bucket.getValue() - earlier.answersByLimit.getOrDefault(bucket.getKey(), 0.0);
  }
}
