package io.talchum.adapter;

import io.talchum.core.ContentHash;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * An adapter folder, read and checked against its base.
 *
 * @param kind {@code peft_type}, or how the folder's writer calls it
 * @param version SHA-256 of what the adapter computes: its tensors and the options that count
 * @param source name of the folder it was read from
 * @param minRank smallest rank of a low-rank delta, 0 without
 * @param maxRank largest rank of a low-rank delta, 0 without
 * @param modules number of the base's linear modules that are changed
 * @param bytes size of its tensors in the file
 * @param weights of the first variant if it has variants
 * @param variants what it does for each variant that requests may name; empty for most kinds
 */
public record AdapterContent(
    String kind,
    ContentHash version,
    String source,
    int minRank,
    int maxRank,
    int modules,
    long bytes,
    AdapterWeights weights,
    List<AdapterWeights> variants) {

  public AdapterContent {
    variants = List.copyOf(variants);
  }

  /** One that is the same for every request. */
  public AdapterContent(
      String kind,
      ContentHash version,
      String source,
      int minRank,
      int maxRank,
      int modules,
      long bytes,
      AdapterWeights weights) {
    this(kind, version, source, minRank, maxRank, modules, bytes, weights, List.of());
  }

  /** With a choice of what it does. */
  public AdapterContent withVariants(List<AdapterWeights> choice) {
    return new AdapterContent(
        kind, version, source, minRank, maxRank, modules, bytes, weights, choice);
  }

  /** What there is to prepare: one for each variant, or one. */
  List<AdapterWeights> forms() {
    return variants.isEmpty() ? List.of(weights) : variants;
  }

  /** What requests are checked against. */
  public AdapterFacts facts() {
    return new AdapterFacts(
        variants.size(), forms().stream().mapToInt(AdapterWeights::virtualTokens).max().orElse(0));
  }

  /**
   * All that it can do, ready to run: one for each variant, or one; the caller closes them.
   *
   * @param prepare {@code ModelExecutor::prepare}
   */
  public List<ResidentAdapter> prepared(Function<AdapterWeights, ResidentAdapter> prepare) {
    List<ResidentAdapter> residents = new ArrayList<>();
    try {
      forms().forEach(each -> residents.add(prepare.apply(each)));
      return residents;
    } catch (RuntimeException e) {
      residents.forEach(ResidentAdapter::close);
      throw e;
    }
  }

  /** About what all that it can do will take in memory; mostly not more. */
  public long memoryBytes() {
    return forms().stream().mapToLong(AdapterWeights::memoryBytes).sum();
  }

  /** Memory that they take together. */
  public static long bytes(List<ResidentAdapter> residents) {
    return residents.stream().mapToLong(ResidentAdapter::residentBytes).sum();
  }

  /** With ranks and modules counted. */
  public static AdapterContent of(
      String kind,
      ContentHash version,
      String source,
      long bytes,
      AdapterWeights weights,
      ModelSpec base) {
    IntSummaryStatistics ranks =
        weights.lowRank().stream().mapToInt(LowRankDelta::rank).summaryStatistics();
    boolean any = ranks.getCount() > 0;
    return new AdapterContent(
        kind,
        version,
        source,
        any ? ranks.getMin() : 0,
        any ? ranks.getMax() : 0,
        modules(weights, base),
        bytes,
        weights);
  }

  private static int modules(AdapterWeights weights, ModelSpec base) {
    Set<BaseModule> modules = new HashSet<>();
    for (AdapterPrimitive primitive : weights.primitives()) {
      switch (primitive) {
        case LowRankDelta p -> modules.add(module(p.layer(), p.linear(), base));
        case GatedLowRank p -> modules.add(module(p.delta().layer(), p.delta().linear(), base));
        case DenseDelta p -> modules.add(module(p.layer(), p.linear(), base));
        case OutputScale p -> modules.add(module(p.layer(), p.linear(), base));
        case InputScale p -> modules.add(module(p.layer(), p.linear(), base));
        case BiasDelta p -> modules.add(module(p.layer(), p.linear(), base));
        case AdapterFusion _,
            Bottleneck _,
            EmbeddingLowRank _,
            EmbeddingRows _,
            FinalNormWeight _,
            GatedAttention _,
            HeadLowRank _,
            HeadRows _,
            Invocation _,
            LadderSideNetwork _,
            NormWeight _,
            SoftPrompt _,
            VirtualKeyValues _ -> {}
      }
    }
    return modules.size();
  }

  private static BaseModule module(int layer, Linear linear, ModelSpec base) {
    return new BaseModule(layer, base.module(linear));
  }
}
