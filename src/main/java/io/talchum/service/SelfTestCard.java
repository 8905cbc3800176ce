package io.talchum.service;

import io.talchum.adapter.store.SelfTest;
import java.util.Locale;
import java.util.Optional;

/**
 * What is known of an adapter's self-test: one forward pass with it, compared with the base's.
 *
 * @param norm length of the difference of the logits, 0 unless it passed
 * @param baseNorm length of the base's logits
 * @param largest difference of one logit, 0 unless it passed
 * @param failure what is not finite; empty unless it failed
 */
public record SelfTestCard(
    Status status,
    double norm,
    double baseNorm,
    double largest,
    double milliseconds,
    String failure) {

  /** How it went. */
  public enum Status {
    PASSED,
    FAILED,
    NOT_RUN_YET;

    /** As clients see it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final SelfTestCard NOT_RUN_YET =
      new SelfTestCard(Status.NOT_RUN_YET, 0, 0, 0, 0, "");

  static SelfTestCard of(SelfTest test) {
    return new SelfTestCard(
        test.passed() ? Status.PASSED : Status.FAILED,
        test.change(),
        test.base(),
        test.largest(),
        test.duration().toNanos() / 1e6,
        test.failure());
  }

  static SelfTestCard of(Optional<SelfTest> test) {
    return test.map(SelfTestCard::of).orElse(NOT_RUN_YET);
  }
}
