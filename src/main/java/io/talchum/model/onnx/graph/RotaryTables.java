package io.talchum.model.onnx.graph;

import io.talchum.core.AttentionSpec;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cosines and sines of every position: one pair of tables, and another one for windowed layers if
 * they rotate otherwise. Where long sequences have their own frequencies, their rows follow those
 * of the short ones, {@code contextTokens} further down. Immutable; dies with its arena.
 */
public final class RotaryTables {
  private static final String FULL = "rotary_";
  private static final String WINDOWED = "window_rotary_";

  /** A table as an f32 tensor [rows, pairs]. */
  public record Table(MemorySegment data, int rows, int pairs) {}

  private final AttentionSpec attention;
  private final int contextTokens;
  private final Map<String, Table> tables = new LinkedHashMap<>();

  public RotaryTables(Arena arena, AttentionSpec attention, int contextTokens) {
    this.attention = attention;
    this.contextTokens = contextTokens;
    add(arena, FULL, attention.rope());
    if (hasWindowTables()) {
      add(arena, WINDOWED, attention.windowRope());
    }
  }

  /** By the name under which the graph knows them. */
  public Map<String, Table> tables() {
    return tables;
  }

  static String cos(AttentionSpec attention, int layer) {
    return prefix(attention, layer) + "cos";
  }

  static String sin(AttentionSpec attention, int layer) {
    return prefix(attention, layer) + "sin";
  }

  /**
   * Whether nodes before attention rotate: GroupQueryAttention takes positions only from lengths,
   * and tables only of a multiple of 8 pairs.
   */
  public static boolean areReadByOwnNodes(ModelSpec spec) {
    RopeSpec rope = spec.attention().rope();
    int pairs = rope.inverseFrequencies().size();
    return rope.dependsOnLength() || pairs % 8 != 0 || pairs > spec.headDim() / 16 * 8;
  }

  /** The row of a position in a sequence of so many tokens: long ones use the second half. */
  public static int row(RopeSpec rope, int sequenceTokens, int position, int contextTokens) {
    return position + (rope.isLong(sequenceTokens) ? contextTokens : 0);
  }

  /** Rows of each table. */
  static int rows(AttentionSpec attention, int contextTokens) {
    return attention.rope().dependsOnLength() ? 2 * contextTokens : contextTokens;
  }

  private static String prefix(AttentionSpec attention, int layer) {
    return attention.ropeOf(layer).equals(attention.rope()) ? FULL : WINDOWED;
  }

  private boolean hasWindowTables() {
    return !attention.windowLayers().isEmpty() && !attention.windowRope().equals(attention.rope());
  }

  private void add(Arena arena, String prefix, RopeSpec rope) {
    int pairs = rope.inverseFrequencies().size();
    int rows = rows(attention, contextTokens);
    long bytes = (long) rows * pairs * Float.BYTES;
    MemorySegment cos = arena.allocate(bytes, 64);
    MemorySegment sin = arena.allocate(bytes, 64);
    fill(cos, sin, 0, rope.inverseFrequencies(), rope.attentionFactor());
    if (rope.dependsOnLength()) {
      long first = (long) contextTokens * pairs;
      fill(cos, sin, first, rope.longInverseFrequencies(), rope.attentionFactor());
    }
    tables.put(prefix + "cos", new Table(cos, rows, pairs));
    tables.put(prefix + "sin", new Table(sin, rows, pairs));
  }

  private void fill(
      MemorySegment cos, MemorySegment sin, long first, List<Double> frequencies, double factor) {
    int pairs = frequencies.size();
    for (int position = 0; position < contextTokens; position++) {
      for (int pair = 0; pair < pairs; pair++) {
        double angle = position * frequencies.get(pair);
        long index = first + (long) position * pairs + pair;
        cos.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) (Math.cos(angle) * factor));
        sin.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) (Math.sin(angle) * factor));
      }
    }
  }
}
