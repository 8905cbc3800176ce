package io.talchum.core;

import java.util.random.RandomGenerator;

/**
 * A constraint whose states are the rows of a table.
 *
 * @param next the state after a token, [states][vocab]; -1 if the token may not come
 * @param complete whether the completion may end, [states]
 */
public record TableConstraint(String name, int[][] next, boolean[] complete)
    implements TokenConstraint {

  /** Allows everything, always. */
  public static TableConstraint everything(int vocab) {
    return new TableConstraint("everything", new int[1][vocab], new boolean[] {true});
  }

  /** Each token is allowed with this probability; one of them in each state in any case. */
  public static TableConstraint random(
      RandomGenerator random, int vocab, double density, int alwaysAllowed) {
    int states = 1 + random.nextInt(5);
    int[][] next = new int[states][vocab];
    boolean[] complete = new boolean[states];
    for (int state = 0; state < states; state++) {
      complete[state] = random.nextBoolean();
      for (int id = 0; id < vocab; id++) {
        boolean isAllowed = id == alwaysAllowed || random.nextDouble() < density;
        next[state][id] = isAllowed ? random.nextInt(states) : -1;
      }
    }
    return new TableConstraint("random", next, complete);
  }

  @Override
  public State start() {
    return new Row();
  }

  /** The state after these tokens; -1 or an exception if one of them was not allowed. */
  public int stateAfter(Iterable<Integer> tokenIds) {
    int state = 0;
    for (int id : tokenIds) {
      state = next[state][id];
    }
    return state;
  }

  private final class Row implements State {
    private int state;

    @Override
    public void restrict(TokenMask mask) {
      TokenMask mine = TokenMask.none(mask.vocabSize());
      for (int id = 0; id < mask.vocabSize(); id++) {
        if (next[state][id] < 0) {
          mine.allow(id);
        }
      }
      mine.complement();
      mask.intersect(mine);
    }

    @Override
    public boolean allows(int tokenId) {
      return next[state][tokenId] >= 0;
    }

    @Override
    public void advance(int tokenId) {
      state = next[state][tokenId];
      if (state < 0) {
        throw new AssertionError("token " + tokenId + " was not allowed");
      }
    }

    @Override
    public boolean isComplete() {
      return complete[state];
    }
  }
}
