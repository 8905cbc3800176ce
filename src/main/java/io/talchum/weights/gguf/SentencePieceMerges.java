package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Merges for a SentencePiece BPE vocabulary that has only scores: every way to split a token into
 * two others, best score first.
 */
final class SentencePieceMerges {
  private SentencePieceMerges() {}

  private record Merge(int left, int right, float score) {}

  static ArrayNode of(List<GgufToken> tokens) {
    Map<String, Integer> ids = HashMap.newHashMap(tokens.size());
    tokens.forEach(token -> ids.putIfAbsent(token.text(), token.id()));
    List<Merge> merges = new ArrayList<>();
    for (GgufToken token : tokens) {
      if (token.type() == GgufToken.NORMAL || token.type() == GgufToken.USER_DEFINED) {
        addSplits(token, ids, merges);
      }
    }
    merges.sort(Comparator.comparing(Merge::score).reversed());
    ArrayNode pairs = JsonNodeFactory.instance.arrayNode(merges.size());
    for (Merge merge : merges) {
      pairs.addArray().add(tokens.get(merge.left()).text()).add(tokens.get(merge.right()).text());
    }
    return pairs;
  }

  private static void addSplits(GgufToken token, Map<String, Integer> ids, List<Merge> merges) {
    List<Merge> splits = new ArrayList<>();
    for (int at = 1; at < token.text().length(); at++) {
      Integer left = ids.get(token.text().substring(0, at));
      Integer right = left == null ? null : ids.get(token.text().substring(at));
      if (left != null && right != null) {
        splits.add(new Merge(left, right, token.score()));
      }
    }
    splits.sort(Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right));
    merges.addAll(splits);
  }
}
