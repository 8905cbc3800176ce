package io.talchum.model.onnx;

import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An adapter's low-rank deltas, by site of the graph, as {@link AdapterRows} reads them. Immutable.
 */
final class LowRankAdapter implements ResidentAdapter {
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment weights;
  private final WeightFormat format;
  private final Delta[][] sites; // [site][deltas there]

  /**
   * One linear's delta.
   *
   * @param a byte offset of A, [rank, in]
   * @param b byte offset of B transposed, [rank, out]
   * @param outOffset where the linear's outputs begin in the site's output row
   */
  record Delta(int rank, float scale, long a, long b, int in, int outOffset, int out) {}

  /**
   * Copies an adapter into native memory.
   *
   * @throws ServeException INVALID_ADAPTER if it does not fit the base
   */
  LowRankAdapter(ModelSpec spec, AdapterWeights adapter) {
    for (AdapterPrimitive primitive : adapter.primitives()) {
      if (!(primitive instanceof LowRankDelta)) {
        throw new ServeException(
            ErrorCode.INVALID_ADAPTER,
            "the executor does not run " + primitive.getClass().getSimpleName() + " yet");
      }
    }
    List<float[]> all = new ArrayList<>();
    long elements = 0;
    for (LowRankDelta delta : adapter.lowRank()) {
      check(spec, delta);
      all.add(delta.a());
      all.add(delta.b());
      elements += delta.a().length + delta.b().length;
    }
    this.format = WeightFormat.narrowest(all);
    long padding = all.size() * ALIGNMENT;
    this.weights = arena.allocate(elements * format.bytes() + padding + ALIGNMENT, ALIGNMENT);
    this.sites = new Delta[AdapterSite.count(spec.layers())][0];
    long offset = 0;
    for (LowRankDelta delta : adapter.lowRank()) {
      offset = place(spec, delta, offset);
    }
  }

  /** The deltas at a site; empty if the adapter changes nothing there. */
  Delta[] at(int site) {
    return sites[site];
  }

  MemorySegment weights() {
    return weights;
  }

  WeightFormat format() {
    return format;
  }

  /** Writes one delta and registers it at its linear's site and, shifted, at its group's. */
  private long place(ModelSpec spec, LowRankDelta delta, long offset) {
    Linear linear = delta.linear();
    int in = spec.inputSize(linear);
    int out = spec.outputSize(linear);
    long a = offset;
    for (int i = 0; i < delta.a().length; i++) {
      format.write(weights, a + (long) i * format.bytes(), delta.a()[i]);
    }
    long b = align(a + (long) delta.a().length * format.bytes());
    for (int r = 0; r < delta.rank(); r++) {
      for (int o = 0; o < out; o++) {
        format.write(
            weights, b + ((long) r * out + o) * format.bytes(), delta.b()[o * delta.rank() + r]);
      }
    }
    LinearGroup group = AdapterSite.groupOf(linear);
    int outOffset = 0;
    for (Linear member : group.members()) {
      if (member == linear) {
        break;
      }
      outOffset += spec.outputSize(member);
    }
    add(
        AdapterSite.of(delta.layer(), linear),
        new Delta(delta.rank(), delta.scale(), a, b, in, 0, out));
    add(
        AdapterSite.of(delta.layer(), group),
        new Delta(delta.rank(), delta.scale(), a, b, in, outOffset, out));
    return align(b + (long) delta.b().length * format.bytes());
  }

  private void add(AdapterSite site, Delta delta) {
    Delta[] old = sites[site.number()];
    Delta[] more = Arrays.copyOf(old, old.length + 1);
    more[old.length] = delta;
    sites[site.number()] = more;
  }

  private static long align(long offset) {
    return (offset + ALIGNMENT - 1) & -ALIGNMENT;
  }

  private static void check(ModelSpec spec, LowRankDelta delta) {
    Linear linear = delta.linear();
    if (delta.layer() < 0
        || delta.layer() >= spec.layers()
        || delta.a().length != delta.rank() * spec.inputSize(linear)
        || delta.b().length != delta.rank() * spec.outputSize(linear)) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "the low-rank delta of layer %d %s does not fit the base: A has %d and B %d values at rank %d, the base has %d layers and this linear is %d to %d"
              .formatted(
                  delta.layer(),
                  linear.path(),
                  delta.a().length,
                  delta.b().length,
                  delta.rank(),
                  spec.layers(),
                  spec.inputSize(linear),
                  spec.outputSize(linear)));
    }
  }

  @Override
  public long residentBytes() {
    return weights.byteSize();
  }

  @Override
  public void close() {
    arena.close();
  }
}
