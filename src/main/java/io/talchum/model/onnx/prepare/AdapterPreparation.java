package io.talchum.model.onnx.prepare;

import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.DenseDelta;
import io.talchum.adapter.EmbeddingLowRank;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FinalNormWeight;
import io.talchum.adapter.GatedAttention;
import io.talchum.adapter.GatedLowRank;
import io.talchum.adapter.HeadLowRank;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.InputScale;
import io.talchum.adapter.Invocation;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.NormWeight;
import io.talchum.adapter.OutputScale;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.VirtualKeyValues;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.adapter.LinearAdapter;
import io.talchum.model.onnx.adapter.LinearAdapter.DenseUpdate;
import io.talchum.model.onnx.adapter.LinearAdapter.LowRankUpdate;
import io.talchum.model.onnx.adapter.OnnxAdapter;
import io.talchum.model.onnx.graph.AdapterSite;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.kv.VirtualKv;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.math.FullRankMatrix;
import io.talchum.model.onnx.step.EmbeddingAdapter;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Brings an adapter's primitives into the form in which the executor runs them. Any thread. */
public final class AdapterPreparation {
  private final ModelPackage weights;
  private final ModelSpec spec;
  private final KvScales kv;
  private final Arena arena = Arena.ofShared();
  private final SegmentAllocator memory = this::allocate;
  private final Map<Place, LinearAdapterBuilder> linears = new LinkedHashMap<>();
  private final HiddenStateAdapterBuilder hiddenStates;
  private long bytes;

  private @Nullable EmbeddingRows embeddingRows;
  private @Nullable EmbeddingLowRank embeddingLowRank;
  private @Nullable HeadRows headRows;
  private @Nullable HeadLowRank headLowRank;
  private @Nullable VirtualKeyValues virtual;
  private @Nullable SoftPrompt softPrompt;
  private int[] invocation = {};

  private record Place(int layer, Linear linear) {}

  private AdapterPreparation(ModelPackage weights, KvScales kv) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.kv = kv;
    this.hiddenStates = new HiddenStateAdapterBuilder(weights, kv, memory);
  }

  /**
   * @throws ServeException INVALID_ADAPTER if it does not fit the base
   */
  public static OnnxAdapter run(ModelPackage weights, KvScales kv, AdapterWeights adapter) {
    AdapterPreparation preparation = new AdapterPreparation(weights, kv);
    try {
      adapter.primitives().forEach(preparation::add);
      return preparation.build();
    } catch (RuntimeException | Error e) {
      preparation.arena.close();
      throw e;
    }
  }

  private MemorySegment allocate(long size, long alignment) {
    bytes += size;
    return arena.allocate(size, alignment);
  }

  private void add(AdapterPrimitive primitive) {
    PrimitiveShapes.check(spec, primitive);
    switch (primitive) {
      case LowRankDelta d -> at(d.layer(), d.linear()).add(d, null);
      case DenseDelta d -> at(d.layer(), d.linear()).addDense(d.delta());
      case InputScale s -> at(s.layer(), s.linear()).inputScale(s.u());
      case OutputScale s -> at(s.layer(), s.linear()).outputScale(s.g());
      case BiasDelta b -> at(b.layer(), b.linear()).biasDelta(b.db());
      case EmbeddingRows rows -> embeddingRows = once(embeddingRows, rows);
      case EmbeddingLowRank lowRank -> embeddingLowRank = once(embeddingLowRank, lowRank);
      case HeadRows rows -> headRows = once(headRows, rows);
      case HeadLowRank lowRank -> headLowRank = once(headLowRank, lowRank);
      case VirtualKeyValues keyValues -> virtual = once(virtual, keyValues);
      case SoftPrompt prompt -> softPrompt = once(softPrompt, prompt);
      case Invocation sequence -> invocation = sequence.tokenIds();
      case GatedLowRank g ->
          at(g.delta().layer(), g.delta().linear()).add(g.delta(), hiddenStates.gate(g.gate()));
      case NormWeight norm -> hiddenStates.add(norm);
      case FinalNormWeight norm -> hiddenStates.add(norm);
      case GatedAttention attention -> hiddenStates.add(attention);
      case Bottleneck bottleneck -> hiddenStates.add(bottleneck);
      case AdapterFusion fusion -> hiddenStates.add(fusion);
      case LadderSideNetwork network -> hiddenStates.add(network);
    }
  }

  private LinearAdapterBuilder at(int layer, Linear linear) {
    return linears.computeIfAbsent(
        new Place(layer, linear), place -> new LinearAdapterBuilder(layer, linear));
  }

  private static <T> T once(@Nullable T before, T now) {
    if (before != null) {
      throw refuse("there is more than one " + now.getClass().getSimpleName());
    }
    return now;
  }

  private static ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, message);
  }

  private OnnxAdapter build() {
    if (virtual != null && softPrompt != null) {
      throw refuse("virtual keys and values and a soft prompt exclude each other");
    }
    int virtualTokens =
        virtual != null ? virtual.tokens() : softPrompt != null ? softPrompt.tokens() : 0;
    if (virtual != null) {
      hiddenStates.addGates(virtual);
    }
    OnnxAdapter.Contents contents =
        new OnnxAdapter.Contents(
            sites(),
            hiddenStates.build(),
            hiddenStates.gates(),
            embedding(),
            virtualTokens,
            virtual == null ? null : VirtualKv.block(spec, kv, virtual, memory),
            softPrompt == null ? null : AdapterMatrix.vector(memory, softPrompt.embeddings()),
            invocation,
            hiddenStates.ladderSide());
    long computed =
        softPrompt == null ? 0 : virtualTokens * KvSlots.bytesPerToken(spec, kv.format());
    return new OnnxAdapter(arena, contents, bytes + computed);
  }

  private LinearAdapter[][] sites() {
    LinearAdapter[][] sites = new LinearAdapter[AdapterSite.count(spec.layers())][];
    Arrays.fill(sites, OnnxAdapter.NOTHING);
    for (LinearAdapterBuilder linear : linears.values()) {
      append(sites, linear.place(weights).site(), linear.build(weights, memory));
    }
    if (headRows != null || headLowRank != null) {
      append(sites, AdapterSite.head(spec.layers()), head());
    }
    return sites;
  }

  private static void append(LinearAdapter[][] sites, AdapterSite site, LinearAdapter adapter) {
    LinearAdapter[] old = sites[site.number()];
    LinearAdapter[] more = Arrays.copyOf(old, old.length + 1);
    more[old.length] = adapter;
    sites[site.number()] = more;
  }

  private LinearAdapter head() {
    int hidden = spec.hiddenSize();
    DenseUpdate[] rows = {};
    if (headRows != null) {
      int[] ids = headRows.tokenIds();
      AdapterMatrix matrix = AdapterMatrix.of(memory, headRows.rows(), ids.length, hidden);
      rows = new DenseUpdate[] {new DenseUpdate(new FullRankMatrix.Rows(matrix), ids, false)};
    }
    LowRankUpdate[] lowRanks = {};
    if (headLowRank != null) {
      HeadLowRank d = headLowRank;
      lowRanks =
          new LowRankUpdate[] {
            new LowRankUpdate(
                d.scale(),
                AdapterMatrix.of(memory, d.a(), d.rank(), hidden),
                AdapterMatrix.transposed(memory, d.b(), d.rank(), spec.vocabSize()),
                null)
          };
    }
    MemorySegment none = MemorySegment.NULL;
    return new LinearAdapter(0, none, rows, lowRanks, none, none);
  }

  private @Nullable EmbeddingAdapter embedding() {
    if (embeddingRows == null && embeddingLowRank == null) {
      return null;
    }
    int[] ids = {};
    AdapterMatrix rows = null;
    if (embeddingRows != null) {
      ids = embeddingRows.tokenIds().clone();
      Arrays.sort(ids);
      rows =
          AdapterMatrix.reordered(
              memory,
              embeddingRows.rows(),
              places(embeddingRows.tokenIds(), ids),
              spec.hiddenSize());
    }
    EmbeddingLowRank d = embeddingLowRank;
    if (d == null) {
      return new EmbeddingAdapter(ids, rows, 0, null, null);
    }
    AdapterMatrix a = AdapterMatrix.transposed(memory, d.a(), spec.vocabSize(), d.rank());
    AdapterMatrix b = AdapterMatrix.transposed(memory, d.b(), d.rank(), spec.hiddenSize());
    return new EmbeddingAdapter(ids, rows, d.scale(), a, b);
  }

  /** Where each row goes, so that they are in the order of their tokens. */
  private static int[] places(int[] ids, int[] sorted) {
    return IntStream.of(ids).map(id -> Arrays.binarySearch(sorted, id)).toArray();
  }
}
