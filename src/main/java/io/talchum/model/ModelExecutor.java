package io.talchum.model;

import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ModelSpec;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Runs the frozen base with one adapter (or none) per KV slot. {@link #prepare}, {@link #isReady}
 * and {@link #makeReady} may be called from any thread; all else belongs to the engine thread.
 */
public interface ModelExecutor extends AutoCloseable {
  ModelSpec spec();

  /** Number of KV slots: the most rows one step can have. */
  int slots();

  /** Positions per slot. */
  int maxContextTokens();

  /** The longest piece that {@link #prefill} takes. */
  int maxPrefillTokens();

  /**
   * Brings an adapter into the form that {@link #bind} takes. Any thread.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if it does not fit the base
   */
  ResidentAdapter prepare(AdapterWeights weights);

  /**
   * Whether {@link #bind} of the adapter only plugs it in: nothing is compiled or computed for it
   * then. Any thread.
   */
  default boolean isReady(ResidentAdapter adapter) {
    return true;
  }

  /** Makes it so; may take seconds. Any thread, but not the engine's. */
  default void makeReady(ResidentAdapter adapter) {}

  /**
   * Gives the slot to a sequence that uses this adapter; null is the bare base. The adapter must
   * stay open until the slot is bound anew or released.
   *
   * <p>Virtual tokens of the adapter are put in front of the sequence; its positions, here and in
   * all other methods, do not count them.
   */
  void bind(int slot, @Nullable ResidentAdapter adapter);

  /**
   * Virtual tokens of the slot's adapter that are not in the slot yet: those that {@link #bind}
   * could not copy, because nobody has read them before. {@link #prefill} would read them all.
   */
  default int virtualTokensLeft(int slot) {
    return 0;
  }

  /** Reads a piece of them, before the prompt's first one; a step of its own. */
  default void prefillVirtual(int slot, int mostTokens) {}

  /**
   * Tells the slot's prompt, before its first piece runs and after {@link #bind}. Some bases rotate
   * the tokens of long sequences otherwise from the first one on (longrope), some adapters act from
   * a sequence of tokens on.
   */
  default void expect(int slot, int[] promptTokenIds) {}

  /**
   * What {@link #expect} made of the slot's sequence: equal tokens give equal KV only in sequences
   * of one variant.
   */
  default int kvVariant(int slot) {
    return 0;
  }

  /**
   * Takes the slot back from its sequence; a step may still run over it, but what it gives there
   * means nothing.
   */
  void release(int slot);

  /** Copies the first {@code tokens} KV positions and the adapter of one slot to another. */
  void copySlot(int from, int to, int tokens);

  /** Bytes that {@link #readKv} writes for each token. */
  long kvBytesPerToken();

  /**
   * Copies the KV of positions {@code start .. start + tokens - 1} out of a slot, in an order that
   * only {@link #writeKv} for as many tokens understands.
   *
   * @param to {@code tokens * kvBytesPerToken()} bytes
   */
  void readKv(int slot, int start, int tokens, MemorySegment to);

  /** Copies into the slot what {@link #readKv} took from the same positions of any slot. */
  void writeKv(int slot, int start, int tokens, MemorySegment from);

  /**
   * One token for each of the slots 0 .. rows-1. Row i's token goes to position {@code
   * positions[i]} of slot i, whose earlier positions must hold the KV of what went before.
   *
   * @param tokenIds [rows]
   * @param positions [rows], each below {@link #maxContextTokens} less the adapter's virtual tokens
   * @return one row of logits per slot, valid until the next step
   */
  StepLogits decode(int[] tokenIds, int[] positions);

  /**
   * A piece of one slot's prompt, written to positions {@code start ..}.
   *
   * @param rows which of the tokens want logits
   * @return logits of those rows, in order, valid until the next step; empty for {@link
   *     LogitRows#NONE}
   */
  StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows rows);

  @Override
  void close();
}
