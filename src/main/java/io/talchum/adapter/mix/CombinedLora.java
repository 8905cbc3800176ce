package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.peft.TorchGenerator;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Combines LoRAs to one LoRA: {@code LoraModel.add_weighted_adapter} of PEFT 0.21. */
public final class CombinedLora {
  private static final String LORA = "LORA";

  private final Combination how;
  private final List<Member> members;
  private final TorchGenerator random;

  private record Member(String name, double weight, Map<String, List<LoraPart>> parts) {}

  private record Weighted(double weight, LoraPart part) {}

  private CombinedLora(Combination how, List<Member> members) {
    this.how = how;
    this.members = members;
    this.random = new TorchGenerator(how.seed());
  }

  /**
   * The files of a PEFT folder with the combination.
   *
   * @param mix in the order of the request
   * @throws ServeException INVALID_REQUEST naming the adapter that does not combine, and why
   */
  public static LoraFolder of(List<MixPart> mix, Combination how, ModelSpec spec) {
    if (mix.size() == 1 && (how.type() == Combination.Type.TIES || isDare(how))) {
      throw ServeException.invalid(
          "adapters",
          "%s needs two adapters or more; use linear for one".formatted(how.type().wireName()));
    }
    List<Member> members = new ArrayList<>();
    long numbers = 0;
    for (MixPart part : mix) {
      AdapterContent content = part.content().get();
      String name = part.id().toString();
      numbers += numbers(content.weights());
      requireHeap(name, numbers);
      Map<String, List<LoraPart>> parts = LoraParts.of(name, content.weights(), spec);
      if (how.type() != Combination.Type.CAT) {
        requirePlain(name, content, parts);
      }
      members.add(new Member(name, part.weight(), parts));
    }
    return new LoraFolder(new CombinedLora(how, members).combine(spec), spec);
  }

  private static long numbers(AdapterWeights weights) {
    return weights.lowRank().stream().mapToLong(d -> d.a().size() + d.b().size()).sum()
        + weights.all(EmbeddingLowRank.class).stream()
            .mapToLong(e -> e.a().size() + e.b().size())
            .sum()
        + weights.all(HeadLowRank.class).stream().mapToLong(h -> h.a().size() + h.b().size()).sum();
  }

  /** Parts and combination are on the heap together, and may take half of it. */
  private static void requireHeap(String name, long numbers) {
    long needed = 2 * numbers * Float.BYTES;
    long most = Runtime.getRuntime().maxMemory() / 2;
    if (needed > most) {
      throw ServeException.invalid(
          "adapters",
          "the adapters up to %s need %d bytes of the Java heap to be combined; %d may be used: start the server with a larger TALCHUM_HEAP, or mix them by request, with adapters"
              .formatted(name, needed, most));
    }
  }

  private static boolean isDare(Combination how) {
    return how.type() == Combination.Type.DARE_LINEAR;
  }

  private static void requirePlain(
      String name, AdapterContent content, Map<String, List<LoraPart>> parts) {
    if (!content.kind().equals(LORA) || parts.values().stream().anyMatch(p -> p.size() != 1)) {
      throw ServeException.invalid(
          "adapters",
          "adapter %s (%s) is no plain LoRA, whose A and B could be combined; use cat, which is exact"
              .formatted(name, content.kind()));
    }
  }

  private List<LoraPart> combine(ModelSpec spec) {
    Map<String, List<Weighted>> byPath = byPath(spec);
    if (byPath.isEmpty()) {
      throw ServeException.invalid("adapters", "the adapters change nothing; name others");
    }
    if (how.type() != Combination.Type.CAT) {
      requireEqualRanks();
    }
    if (isDare(how)) {
      byPath.values().forEach(parts -> skipInitialization(parts.getFirst().part()));
    }
    List<LoraPart> combined = new ArrayList<>();
    byPath.values().forEach(parts -> combined.add(combine(parts)));
    return combined;
  }

  /** In the order of torch's modules, whichever adapter has them. */
  private Map<String, List<Weighted>> byPath(ModelSpec spec) {
    Map<String, List<Weighted>> byPath = new LinkedHashMap<>();
    for (String path : LoraFolder.paths(spec)) {
      List<Weighted> here = new ArrayList<>();
      for (Member member : members) {
        member
            .parts()
            .getOrDefault(path, List.of())
            .forEach(part -> here.add(new Weighted(member.weight(), part)));
      }
      if (!here.isEmpty()) {
        byPath.put(path, here);
      }
    }
    return byPath;
  }

  private void requireEqualRanks() {
    Map<Integer, String> byRank = new LinkedHashMap<>();
    for (Member member : members) {
      for (List<LoraPart> parts : member.parts().values()) {
        parts.forEach(part -> byRank.putIfAbsent(part.rank(), member.name()));
      }
    }
    if (byRank.size() > 1) {
      int least = new TreeSet<>(byRank.keySet()).getFirst();
      int most = byRank.keySet().stream().max(Comparator.naturalOrder()).orElseThrow();
      throw ServeException.invalid(
          "adapters",
          "%s needs one rank, but adapter %s has rank %d and %s has rank %d; use cat, which is exact"
              .formatted(how.type().wireName(), byRank.get(least), least, byRank.get(most), most));
    }
  }

  /**
   * What PEFT draws for the new adapter's first values before it combines: A twice (by the linear
   * and by LoRA), B once. So the draws are those that follow {@code torch.manual_seed(seed)} and
   * {@code add_weighted_adapter} on a CPU, for LoRA on linears.
   */
  private void skipInitialization(LoraPart part) {
    if (!part.isTable()) {
      random.skip(2L * part.a().length + part.b().length);
    }
  }

  private LoraPart combine(List<Weighted> parts) {
    LoraPart first = parts.getFirst().part();
    if (how.type() == Combination.Type.CAT) {
      return checked(concatenated(parts));
    }
    float[] a = merged(parts.stream().map(p -> p.part().a()).toList(), roots(parts, true));
    float[] b = merged(parts.stream().map(p -> p.part().b()).toList(), roots(parts, false));
    return checked(new LoraPart(first.path(), first.isTable(), first.rank(), 1, a, b));
  }

  private static LoraPart concatenated(List<Weighted> parts) {
    StackedLowRank stacked = new StackedLowRank();
    for (Weighted each : parts) {
      LoraPart part = each.part();
      stacked.add(
          part.rank(),
          1,
          FloatValues.of(scaled(part.a(), each.weight(), part.scale())),
          FloatValues.of(part.b()));
    }
    LoraPart first = parts.getFirst().part();
    if (stacked.rank() > WeightedSum.MAX_RANK) {
      throw ServeException.invalid(
          "adapters",
          "the ranks at %s add up to %d; at most %d: leave an adapter out"
              .formatted(first.path(), stacked.rank(), WeightedSum.MAX_RANK));
    }
    return new LoraPart(
        first.path(),
        first.isTable(),
        stacked.rank(),
        1,
        stacked.a().toArray(),
        stacked.b().toArray());
  }

  private static float[] scaled(float[] values, double weight, double scale) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = values[i] * (float) weight * (float) scale;
    }
    return scaled;
  }

  /** sqrt(|weight * scale|); A gets the sign. */
  private static float[] roots(List<Weighted> parts, boolean signed) {
    float[] roots = new float[parts.size()];
    for (int i = 0; i < roots.length; i++) {
      double factor = parts.get(i).weight() * parts.get(i).part().scale();
      roots[i] = (float) (Math.sqrt(Math.abs(factor)) * (signed && factor < 0 ? -1 : 1));
    }
    return roots;
  }

  private float[] merged(List<float[]> tensors, float[] weights) {
    return switch (how.type()) {
      case CAT, LINEAR -> TaskArithmetic.linear(tensors, weights);
      case TIES -> TaskArithmetic.ties(tensors, weights, how.density(), how.byFrequency());
      case DARE_LINEAR -> TaskArithmetic.dareLinear(tensors, weights, how.density(), random);
    };
  }

  private static LoraPart checked(LoraPart part) {
    for (float value : part.a()) {
      float unused = WeightedSum.finite(value);
    }
    for (float value : part.b()) {
      float unused = WeightedSum.finite(value);
    }
    return part;
  }
}
