package io.talchum.model.onnx.adapter;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.model.onnx.graph.HookSite;
import io.talchum.model.onnx.kv.KvSlots;
import io.talchum.model.onnx.math.AdapterMatrix;
import io.talchum.model.onnx.step.EmbeddingChange;
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
  public static final LinearChange[] NOTHING = {};
  public static final HookChange[] NO_HOOKS = {};

  private final Arena arena;
  private final AdapterParts parts;
  private final long residentBytes;
  private @Nullable MemorySegment virtualKv;

  /**
   * What an adapter consists of.
   *
   * @param sites changes of linears, [sites of the graph][linears there]
   * @param hooks other changes, [{@link HookSite}s][changes there]; empty without
   * @param gates outputs of each gate
   * @param virtualTokens keys and values in front of the prompt's
   * @param virtualKv those, as {@link KvSlots#write} takes them; null without, or if they are a
   *     soft prompt's
   * @param softPrompt f32 [virtualTokens, hidden]; null without
   * @param invocation token ids; empty if linears are changed from the first token on
   */
  public record AdapterParts(
      LinearChange[][] sites,
      HookChange[][] hooks,
      List<Integer> gates,
      @Nullable EmbeddingChange embedding,
      int virtualTokens,
      @Nullable MemorySegment virtualKv,
      @Nullable MemorySegment softPrompt,
      int[] invocation,
      int ladderSide) {}

  public OnnxAdapter(Arena arena, AdapterParts parts, long residentBytes) {
    this.arena = arena;
    this.parts = parts;
    this.residentBytes = residentBytes;
    this.virtualKv = parts.virtualKv();
  }

  /** The changes of the linears at a site; empty if there are none. */
  LinearChange[] at(int site) {
    return parts.sites()[site];
  }

  @Override
  public boolean needsHooks() {
    return parts.hooks().length > 0;
  }

  /** The changes at a hook; empty if there are none. */
  HookChange[] hooks(HookSite site) {
    return needsHooks() ? parts.hooks()[site.number()] : NO_HOOKS;
  }

  /** Outputs of each of its gates. */
  List<Integer> gates() {
    return parts.gates();
  }

  /** A gate's mean is over the whole prompt. */
  @Override
  public boolean isCausal() {
    return parts.gates().isEmpty();
  }

  /** Width of its side network; 0 without. */
  int ladderSide() {
    return parts.ladderSide();
  }

  public @Nullable EmbeddingChange embedding() {
    return parts.embedding();
  }

  @Override
  public int virtualTokens() {
    return parts.virtualTokens();
  }

  /** Keys and values of the virtual tokens; null if there are none yet. */
  public @Nullable MemorySegment virtualKv() {
    return virtualKv;
  }

  public @Nullable MemorySegment softPrompt() {
    return parts.softPrompt();
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
    int[] invocation = parts.invocation();
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
