package io.talchum.engine.sampling;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Which tokens a sequence holds and how often it generated each; for the penalties. */
public final class TokenCounts {
  private final Map<Integer, Integer> indexById = new HashMap<>();
  private int[] ids = new int[64];
  private int[] generated = new int[64];
  private int size;

  public TokenCounts(int[] promptTokenIds) {
    for (int id : promptTokenIds) {
      indexOf(id);
    }
  }

  /** Counts one generated token. */
  public void addGenerated(int tokenId) {
    generated[indexOf(tokenId)]++;
  }

  /** Number of different tokens. */
  int size() {
    return size;
  }

  int id(int index) {
    return ids[index];
  }

  /** How often the token was generated; 0 for one that is only in the prompt. */
  int generated(int index) {
    return generated[index];
  }

  private int indexOf(int id) {
    Integer known = indexById.get(id);
    if (known != null) {
      return known;
    }
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, 2 * size);
      generated = Arrays.copyOf(generated, 2 * size);
    }
    ids[size] = id;
    indexById.put(id, size);
    return size++;
  }
}
