package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.ModelSpec;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** The small tensors of a step, reused by every step, and views of them by shape. Engine thread. */
final class StepBuffers implements AutoCloseable {
  private final OrtTensors tensors;
  private final ModelSpec spec;
  private final MemorySegment embeddings; // f32 [tokens, hidden]
  private final MemorySegment pastLengths; // i32 [slots]
  private final MemorySegment totalLength; // i32 []
  private final MemorySegment positions; // i64 [tokens], 0, 1, 2 ...
  private final MemorySegment rotaryPositions; // i64 [tokens]
  private final MemorySegment logits; // f32 [tokens, vocab]
  private final Map<String, MemorySegment> views = new HashMap<>();

  StepBuffers(OrtTensors tensors, Arena arena, ModelSpec spec, int slots, int prefillTokens) {
    this.tensors = tensors;
    this.spec = spec;
    long tokens = Math.max(slots, prefillTokens);
    embeddings = tensors.allocateZeroed(arena, tokens * spec.hiddenSize() * Float.BYTES);
    pastLengths = tensors.allocateZeroed(arena, (long) slots * Integer.BYTES);
    totalLength = tensors.allocateZeroed(arena, Integer.BYTES);
    positions = tensors.allocateZeroed(arena, tokens * Long.BYTES);
    rotaryPositions = tensors.allocateZeroed(arena, tokens * Long.BYTES);
    logits = tensors.allocateZeroed(arena, tokens * spec.vocabSize() * Float.BYTES);
    for (int i = 0; i < tokens; i++) {
      positions.setAtIndex(JAVA_LONG, i, i);
    }
  }

  MemorySegment embeddings() {
    return embeddings;
  }

  MemorySegment logits() {
    return logits;
  }

  /**
   * Sets {@code seqlens_k} and {@code total_length}: the last position of each row, and the longest
   * row's length.
   */
  void lengths(int[] lastPositions) {
    int longest = 0;
    for (int row = 0; row < lastPositions.length; row++) {
      pastLengths.setAtIndex(JAVA_INT, row, lastPositions[row]);
      longest = Math.max(longest, lastPositions[row] + 1);
    }
    totalLength.set(JAVA_INT, 0, longest);
  }

  /** Sets the rotary positions of consecutive tokens. */
  void rotaryPositions(int token, int position, int count) {
    for (int i = 0; i < count; i++) {
      rotaryPositions.setAtIndex(JAVA_LONG, token + i, position + i);
    }
  }

  /** The rotary positions as [rows, tokens]. */
  MemorySegment rotaryPositions(int rows, int tokens) {
    return view("r" + rows + "," + tokens, rotaryPositions, ElementType.INT64, rows, tokens);
  }

  /** The embeddings as [rows, tokens, hidden]. */
  MemorySegment embeddings(int rows, int tokens) {
    return view(
        "e" + rows + "," + tokens, embeddings, ElementType.FLOAT, rows, tokens, spec.hiddenSize());
  }

  MemorySegment pastLengths(int rows) {
    return view("p" + rows, pastLengths, ElementType.INT32, rows);
  }

  MemorySegment totalLength() {
    return view("t", totalLength, ElementType.INT32);
  }

  /** Positions first .. first + count - 1 of a row, whose logits are wanted. */
  MemorySegment logitPositions(int first, int count) {
    return view(
        "l" + first + "," + count,
        positions.asSlice((long) first * Long.BYTES),
        ElementType.INT64,
        count);
  }

  /** The logits as [rows, count, vocab]. */
  MemorySegment logits(int rows, int count) {
    return view("o" + rows + "," + count, logits, ElementType.FLOAT, rows, count, spec.vocabSize());
  }

  private MemorySegment view(String key, MemorySegment data, ElementType type, long... shape) {
    return views.computeIfAbsent(
        key,
        k -> {
          long bytes = type.bytes();
          for (long dimension : shape) {
            bytes *= dimension;
          }
          return tensors.tensor(data.asSlice(0, bytes), type, shape);
        });
  }

  @Override
  public void close() {
    views.values().forEach(tensors::releaseValue);
  }
}
