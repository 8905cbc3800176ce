package io.talchum.engine.sampling;

import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.core.TokenConstraint;
import io.talchum.core.TokenMask;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All constraints of one sequence, where they are, and what they leave. Tokens that end the
 * sequence are allowed when all constraints are complete, and only then. Engine thread.
 */
public final class SequenceConstraints {
  private final List<TokenConstraint> constraints;
  private final TokenConstraint.State[] states;
  private final int[] endTokenIds; // ascending
  private @Nullable TokenMask mask; // made for the first row
  private int generated;

  private SequenceConstraints(List<TokenConstraint> constraints, int[] endTokenIds) {
    this.constraints = constraints;
    this.states =
        constraints.stream().map(TokenConstraint::start).toArray(TokenConstraint.State[]::new);
    this.endTokenIds = endTokenIds;
  }

  /** Those that the parameters ask for; null if they ask for none. */
  public static @Nullable SequenceConstraints of(SamplingParams params, Set<Integer> eosTokenIds) {
    List<TokenConstraint> constraints = new ArrayList<>(params.constraints());
    if (params.minTokens() > 0) {
      constraints.add(new MinTokens(params.minTokens()));
    }
    if (constraints.isEmpty()) {
      return null;
    }
    IntStream ends =
        Stream.concat(eosTokenIds.stream(), params.stopTokenIds().stream())
            .mapToInt(Integer::intValue);
    return new SequenceConstraints(constraints, ends.sorted().distinct().toArray());
  }

  /** Whether every token may come next. */
  public boolean allowsAll() {
    for (TokenConstraint.State state : states) {
      if (!state.allowsAll()) {
        return false;
      }
    }
    return endTokenIds.length == 0 || isComplete();
  }

  /** Whether the token may come next. */
  public boolean allows(int tokenId) {
    if (isEnd(tokenId)) {
      return isComplete();
    }
    for (TokenConstraint.State state : states) {
      if (!state.allows(tokenId)) {
        return false;
      }
    }
    return true;
  }

  /** Those of the tokens that may come next, in the same order. */
  public TopTokens allowed(TopTokens top) {
    int[] ids = new int[top.size()];
    float[] logits = new float[top.size()];
    int kept = 0;
    for (int i = 0; i < top.size(); i++) {
      if (allows(top.ids()[i])) {
        ids[kept] = top.ids()[i];
        logits[kept++] = top.logits()[i];
      }
    }
    return new TopTokens(Arrays.copyOf(ids, kept), Arrays.copyOf(logits, kept));
  }

  /**
   * Gives minus infinity to all tokens that may not come next.
   *
   * @param row f32 [vocab], changed
   * @throws ServeException INTERNAL if none may
   */
  public void apply(MemorySegment row) {
    if (allowsAll()) {
      return;
    }
    TokenMask next = mask(LogitLoops.length(row));
    if (next.isEmpty()) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "%s: after %d tokens no token may follow, and the answer %s; relax one of them"
              .formatted(
                  constraints.stream()
                      .map(TokenConstraint::name)
                      .collect(Collectors.joining(" and ")),
                  generated,
                  isComplete() ? "has no token that ends it" : "is not complete"));
    }
    LogitLoops.forbid(row, next);
  }

  private TokenMask mask(int vocabSize) {
    TokenMask next = mask;
    if (next == null) {
      next = TokenMask.none(vocabSize);
      mask = next;
    }
    next.allowAll();
    for (TokenConstraint.State state : states) {
      if (!state.allowsAll()) {
        state.restrict(next);
      }
    }
    boolean mayEnd = isComplete();
    for (int id : endTokenIds) {
      if (mayEnd) {
        next.allow(id);
      } else {
        next.forbid(id);
      }
    }
    return next;
  }

  /** The sequence goes on with this token. */
  public void advance(int tokenId) {
    generated++;
    if (isEnd(tokenId)) {
      return;
    }
    for (TokenConstraint.State state : states) {
      state.advance(tokenId);
    }
  }

  /** Whether the completion may end here. */
  public boolean isComplete() {
    for (TokenConstraint.State state : states) {
      if (!state.isComplete()) {
        return false;
      }
    }
    return true;
  }

  private boolean isEnd(int tokenId) {
    return Arrays.binarySearch(endTokenIds, tokenId) >= 0;
  }
}
