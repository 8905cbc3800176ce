package io.talchum.engine.sampling;

import io.talchum.core.TokenConstraint;
import io.talchum.core.TokenMask;

/**
 * The completion does not end before it has so many tokens.
 *
 * @param tokens without the one that ends it
 */
record MinTokens(int tokens) implements TokenConstraint {
  @Override
  public String name() {
    return "min_tokens " + tokens;
  }

  @Override
  public State start() {
    return new Count(tokens);
  }

  private static final class Count implements State {
    private int missing;

    Count(int missing) {
      this.missing = missing;
    }

    @Override
    public void restrict(TokenMask mask) {}

    @Override
    public boolean allows(int tokenId) {
      return true;
    }

    @Override
    public boolean allowsAll() {
      return true;
    }

    @Override
    public void advance(int tokenId) {
      missing--;
    }

    @Override
    public boolean isComplete() {
      return missing <= 0;
    }
  }
}
