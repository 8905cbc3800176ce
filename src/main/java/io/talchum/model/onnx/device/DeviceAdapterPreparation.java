package io.talchum.model.onnx.device;

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
import io.talchum.model.onnx.prepare.LinearPlace;
import io.talchum.model.onnx.prepare.PrimitiveShapes;
import io.talchum.weights.pack.ModelPackage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Brings low-rank adapters into the form of {@link AdapterStacks}, refuses the others. Any thread.
 */
final class DeviceAdapterPreparation {
  private final ModelPackage weights;
  private final ModelSpec spec;
  private final DeviceOptions options;
  private final DeviceMemory memory;
  private final Numbers numbers;
  private final List<StackSite> sites;

  DeviceAdapterPreparation(ModelPackage weights, DeviceMemory memory, DeviceOptions options) {
    this.weights = weights;
    this.spec = weights.manifest().spec();
    this.memory = memory;
    this.options = options;
    this.numbers = new Numbers(options.number());
    this.sites = StackSite.of(weights);
  }

  /**
   * @throws ServeException INVALID_ADAPTER if it does not fit the base, UNSUPPORTED if it is of a
   *     kind that devices do not run
   */
  DeviceAdapter run(AdapterWeights adapter) {
    Map<Integer, List<LowRankDelta>> bySite = new LinkedHashMap<>();
    for (AdapterPrimitive primitive : adapter.primitives()) {
      PrimitiveShapes.check(spec, primitive);
      if (!(primitive instanceof LowRankDelta delta)) {
        throw refused(kind(primitive));
      }
      bySite.computeIfAbsent(site(delta), number -> new ArrayList<>()).add(delta);
    }
    Arena arena = Arena.ofShared();
    try (Arena made = Arena.ofShared()) {
      Map<Integer, DeviceAdapter.Image> images = new HashMap<>();
      long bytes = 0;
      for (StackSite site : sites) {
        List<LowRankDelta> deltas = bySite.getOrDefault(site.number(), List.of());
        if (!deltas.isEmpty()) {
          DeviceAdapter.Image image = image(site, deltas, made, arena);
          images.put(site.number(), image);
          bytes += image.down().byteSize() + image.up().byteSize();
        }
      }
      memory.await();
      return new DeviceAdapter(arena, images, bytes);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  private int site(LowRankDelta delta) {
    return LinearPlace.of(weights, delta.layer(), delta.linear()).site().number();
  }

  private DeviceAdapter.Image image(
      StackSite site, List<LowRankDelta> deltas, Arena made, Arena arena) {
    int rank = options.rank();
    int bytes = options.number().bytes();
    MemorySegment down = made.allocate(site.downSize(rank) * bytes, 64);
    MemorySegment up = made.allocate(site.upSize(rank) * bytes, 64);
    Map<Linear, Integer> used = new HashMap<>();
    for (LowRankDelta delta : deltas) {
      int first = used.getOrDefault(delta.linear(), 0);
      used.put(delta.linear(), first + delta.rank());
      if (first + delta.rank() > rank) {
        throw new ServeException(
            ErrorCode.INVALID_ADAPTER,
            "layer %d %s has rank %d, this server takes up to %d: start it with talchum.cuda.lora-rank (--lora-rank) %d"
                .formatted(
                    delta.layer(),
                    delta.linear().path(),
                    first + delta.rank(),
                    rank,
                    first + delta.rank()));
      }
      write(site, delta, first, down, up);
    }
    DeviceAdapter.Image image =
        new DeviceAdapter.Image(
            memory.allocate(arena, down.byteSize()), memory.allocate(arena, up.byteSize()));
    memory.copy(down, image.down());
    memory.copy(up, image.up());
    return image;
  }

  /** Puts A and B where the linear has its ranks and its outputs. */
  private void write(
      StackSite site, LowRankDelta delta, int first, MemorySegment down, MemorySegment up) {
    LinearPlace place = LinearPlace.of(weights, delta.layer(), delta.linear());
    int ranks = site.ranks(options.rank());
    float[] a = delta.a().toArray();
    float[] b = delta.b().toArray();
    int start = site.members().indexOf(delta.linear()) * options.rank() + first;
    for (int k = 0; k < delta.rank(); k++) {
      for (int i = 0; i < site.in(); i++) {
        set(delta, down, (long) i * ranks + start + k, a[k * site.in() + i]);
      }
      long row = (long) (start + k) * site.out() + place.outOffset();
      for (int o = 0; o < place.out(); o++) {
        set(delta, up, row + o, delta.scale() * b[o * delta.rank() + k]);
      }
    }
  }

  private void set(LowRankDelta delta, MemorySegment target, long index, float value) {
    if (!numbers.holds(value)) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER,
          "layer %d %s holds %s, which fp16 cannot hold"
              .formatted(delta.layer(), delta.linear().path(), value));
    }
    numbers.set(target, index, value);
  }

  private static ServeException refused(String kind) {
    return new ServeException(
        ErrorCode.UNSUPPORTED,
        "the adapter has %s, which only the CPU runs; serve it with talchum.provider=cpu (--provider cpu)"
            .formatted(kind));
  }

  /** What people call it. */
  private static String kind(AdapterPrimitive primitive) {
    return switch (primitive) {
      case LowRankDelta d -> "a low-rank delta";
      case GatedLowRank g -> "low-rank deltas behind a gate";
      case DenseDelta d -> "dense deltas";
      case InputScale s -> "scales of inputs (IA3)";
      case OutputScale s -> "scales of outputs (IA3, DoRA)";
      case BiasDelta b -> "changed biases";
      case EmbeddingRows e -> "rows of the embedding";
      case EmbeddingLowRank e -> "a low-rank delta of the embedding";
      case HeadRows h -> "rows of the head";
      case HeadLowRank h -> "a low-rank delta of the head";
      case VirtualKeyValues v -> "virtual keys and values (prefix tuning)";
      case SoftPrompt p -> "a soft prompt";
      case Invocation i -> "an invocation from which on it acts (activated LoRA)";
      case NormWeight n -> "weights of norms";
      case FinalNormWeight n -> "the weight of the last norm";
      case GatedAttention a -> "gated attention (LLaMA-Adapter)";
      case Bottleneck b -> "bottlenecks";
      case AdapterFusion f -> "a fusion of adapters";
      case LadderSideNetwork l -> "a ladder side network";
    };
  }
}
