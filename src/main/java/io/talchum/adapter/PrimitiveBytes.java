package io.talchum.adapter;

import java.util.List;

/** What a primitive takes in memory when it is ready to run, as far as that is known before. */
final class PrimitiveBytes {
  private PrimitiveBytes() {}

  static long of(AdapterPrimitive primitive) {
    return switch (primitive) {
      case LowRankDelta p -> p.a().bytes() + p.b().bytes();
      case GatedLowRank p -> of(p.delta()) + floats(p.gate().weight());
      case DenseDelta p -> dense(p.delta().size());
      case BiasDelta p -> floats(p.db());
      case InputScale p -> floats(p.u());
      case OutputScale p -> floats(p.g());
      case EmbeddingRows p -> p.rows().bytes();
      case HeadRows p -> p.rows().bytes();
      case EmbeddingLowRank p -> p.a().bytes() + p.b().bytes();
      case HeadLowRank p -> p.a().bytes() + p.b().bytes();
      case VirtualKeyValues p -> floats(p.keys()) + floats(p.values());
      case SoftPrompt p -> floats(p.embeddings());
      case NormWeight p -> floats(p.weight());
      case FinalNormWeight p -> floats(p.weight());
      case GatedAttention p -> floats(p.keys()) + floats(p.values());
      case Bottleneck p -> of(p.down()) + of(p.up());
      case AdapterFusion p ->
          p.members().stream().mapToLong(PrimitiveBytes::of).sum()
              + dense(p.key().weight().size())
              + dense(p.value().weight().size());
      case LadderSideNetwork p ->
          of(p.entry())
              + of(p.exit())
              + p.rungs().stream()
                  .mapToLong(r -> of(r.down()) + of(r.expand()) + of(r.contract()))
                  .sum();
      case Invocation _ -> 0;
    };
  }

  /** 16 bits each and a factor for each block, as over quantized bases. */
  private static long dense(long numbers) {
    return numbers * Short.BYTES + numbers / 16;
  }

  private static long of(Projection projection) {
    return projection.weight().bytes() + floats(projection.bias());
  }

  private static long floats(List<float[]> all) {
    return all.stream().mapToLong(PrimitiveBytes::floats).sum();
  }

  private static long floats(float[] values) {
    return (long) values.length * Float.BYTES;
  }
}
