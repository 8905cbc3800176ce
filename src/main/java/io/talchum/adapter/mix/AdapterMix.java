package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.AdapterWeights;
import io.talchum.core.ContentHash;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Adapter versions with weights, loaded together as one resident adapter that does the exact
 * weighted sum of what they do.
 *
 * <p>Its version is the hash of the parts' versions and weights, in whatever order and under
 * whatever names they were asked for; all mixes have one name, so that metrics stay bounded.
 */
public final class AdapterMix implements AdapterSource {
  /** No adapter can have this name. */
  public static final String NAME = "_mix";

  /** Each costs its own products in every step. */
  static final int MAX_PARTS = 8;

  /** Far beyond any use; keeps sums finite. */
  static final double MAX_WEIGHT = 100;

  private static final String FORMAT = "talchum mix 1";

  private final List<MixPart> parts;
  private final AdapterId id;

  /**
   * @param parts at least one, in any order
   * @throws ServeException INVALID_REQUEST if a version is there twice
   */
  public AdapterMix(List<MixPart> parts) {
    this.parts =
        parts.stream()
            .sorted(
                Comparator.comparing((MixPart part) -> part.id().version().hex())
                    .thenComparing(MixPart::weight)
                    .thenComparing(part -> part.id().name()))
            .toList();
    requireDistinct(parts);
    this.id = new AdapterId(NAME, version(this.parts));
  }

  /**
   * What can be said before names are looked up.
   *
   * @throws ServeException INVALID_REQUEST naming the field
   */
  public static void check(List<WeightedAdapter> adapters) {
    if (adapters.isEmpty()) {
      throw ServeException.invalid("adapters", "adapters is empty; name at least one adapter");
    }
    if (adapters.size() > MAX_PARTS) {
      throw ServeException.invalid(
          "adapters",
          "adapters has %d entries; at most %d can be mixed".formatted(adapters.size(), MAX_PARTS));
    }
    for (int i = 0; i < adapters.size(); i++) {
      double weight = adapters.get(i).weight();
      if (!(Math.abs(weight) <= MAX_WEIGHT)) {
        throw ServeException.invalid(
            "adapters[%d].weight".formatted(i),
            "adapters[%d].weight %s is out of range; choose a number from -%3$.0f to %3$.0f"
                .formatted(i, weight, MAX_WEIGHT));
      }
    }
  }

  /**
   * @throws ServeException INVALID_REQUEST if a version is there twice
   */
  public static void requireDistinct(List<MixPart> parts) {
    Set<AdapterId> seen = new HashSet<>();
    for (MixPart part : parts) {
      if (!seen.add(part.id())) {
        throw ServeException.invalid(
            "adapters", "adapters names %s twice; add up its weights".formatted(part.id()));
      }
    }
  }

  private static ContentHash version(List<MixPart> parts) {
    MessageDigest digest = ContentHash.newDigest();
    digest.update(FORMAT.getBytes(StandardCharsets.US_ASCII));
    for (MixPart part : parts) {
      digest.update(part.id().version().hex().getBytes(StandardCharsets.US_ASCII));
      double weight = part.weight() + 0.0; // -0 is 0
      digest.update(ByteBuffer.allocate(Double.BYTES).putDouble(weight).array());
    }
    return ContentHash.of(digest);
  }

  public AdapterId id() {
    return id;
  }

  @Override
  public List<AdapterId> parts(AdapterId mix) {
    return parts.stream().map(MixPart::id).toList();
  }

  @Override
  public AdapterContent read(AdapterId mix) {
    WeightedSum sum = new WeightedSum();
    long bytes = 0;
    for (MixPart part : parts) {
      AdapterContent content = part.content().get();
      bytes += content.bytes();
      sum.add(part.id().toString(), part.weight(), content.weights());
    }
    AdapterWeights weights = sum.weights();
    return new AdapterContent("MIX", id.version(), NAME, 0, weights.maxRank(), 0, bytes, weights);
  }

  /** The parts' own: low-rank changes are kept side by side, others become one. */
  @Override
  public long residentBytes(AdapterId mix) {
    return parts.stream().mapToLong(part -> part.residentBytes().getAsLong()).sum();
  }

  @Override
  public boolean isPinned(AdapterId mix) {
    return false;
  }
}
