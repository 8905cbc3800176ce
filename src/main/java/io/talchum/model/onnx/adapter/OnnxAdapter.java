package io.talchum.model.onnx.adapter;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.onnx.graph.HiddenStateSite;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.step.EmbeddingAdapter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An adapter as the executor runs it: what it changes at each site of the graph, and around it.
 * Immutable but for the keys and values of a soft prompt, which the engine thread computes at the
 * first use.
 */
public final class OnnxAdapter implements ResidentAdapter {
  public static final LinearAdapter[] NOTHING = {};
  public static final HiddenStateAdapter[] NO_HIDDEN_STATES = {};

  private final Arena arena;
  private final Contents contents;
  private final long residentBytes;
  private @Nullable MemorySegment virtualKv;

  /**
   * What an adapter consists of.
   *
   * @param sites changes of linears, [sites of the graph][linears there]
   * @param hiddenStates other changes, [{@link HiddenStateSite}s][changes there]; empty without
   * @param gates outputs of each gate
   * @param virtualTokens keys and values in front of the prompt's
   * @param virtualKv those, as {@link KvSlots#write} takes them; null without, or if they are a
   *     soft prompt's
   * @param softPrompt f32 [virtualTokens, hidden]; null without
   * @param invocation token ids; empty if linears are changed from the first token on
   */
  public record Contents(
      LinearAdapter[][] sites,
      HiddenStateAdapter[][] hiddenStates,
      List<Integer> gates,
      @Nullable EmbeddingAdapter embedding,
      int virtualTokens,
      @Nullable MemorySegment virtualKv,
      @Nullable MemorySegment softPrompt,
      int[] invocation,
      int ladderSide) {}

  public OnnxAdapter(Arena arena, Contents contents, long residentBytes) {
    this.arena = arena;
    this.contents = contents;
    this.residentBytes = residentBytes;
    this.virtualKv = contents.virtualKv();
  }

  /** The changes of the linears at a site; empty if there are none. */
  LinearAdapter[] at(int site) {
    return contents.sites()[site];
  }

  @Override
  public boolean needsExtendedGraph() {
    return contents.hiddenStates().length > 0;
  }

  /** The changes of a hidden state; empty if there are none. */
  HiddenStateAdapter[] hiddenStates(HiddenStateSite site) {
    return needsExtendedGraph() ? contents.hiddenStates()[site.number()] : NO_HIDDEN_STATES;
  }

  /** Outputs of each of its gates. */
  List<Integer> gates() {
    return contents.gates();
  }

  /** A gate's mean is over the whole prompt. */
  @Override
  public boolean isCausal() {
    return contents.gates().isEmpty();
  }

  /** Width of its side network; 0 without. */
  int ladderSide() {
    return contents.ladderSide();
  }

  public @Nullable EmbeddingAdapter embedding() {
    return contents.embedding();
  }

  @Override
  public int virtualTokens() {
    return contents.virtualTokens();
  }

  /** Keys and values of the virtual tokens; null if there are none yet. */
  public @Nullable MemorySegment virtualKv() {
    return virtualKv;
  }

  public @Nullable MemorySegment softPrompt() {
    return contents.softPrompt();
  }

  /** Memory for the keys and values of the soft prompt. */
  public MemorySegment allocateKv(long bytes) {
    return arena.allocate(bytes, AdapterMatrix.ALIGNMENT);
  }

  public void keepVirtualKv(MemorySegment computed) {
    virtualKv = computed;
  }

  /** The last occurrence of the invocation, if there is one. */
  @Override
  public int actsFrom(int[] promptTokenIds) {
    int[] invocation = contents.invocation();
    if (invocation.length == 0) {
      return 0;
    }
    for (int start = promptTokenIds.length - invocation.length; start >= 0; start--) {
      if (java.util.Arrays.equals(
          promptTokenIds, start, start + invocation.length, invocation, 0, invocation.length)) {
        return start;
      }
    }
    return Integer.MAX_VALUE;
  }

  @Override
  public long residentBytes() {
    return residentBytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
