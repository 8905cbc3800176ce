package io.talchum.core;

/**
 * What a completion may consist of. It is compiled before the request reaches the engine,
 * immutable, and shared by all sequences of a request; each sequence has a {@link State} of its
 * own.
 *
 * <p>A constraint speaks of text only. Tokens that end a sequence (end of sequence, stop tokens)
 * are not its business: they are allowed when all constraints of the sequence are complete, and
 * only then. Several constraints hold together: a token is allowed if each of them allows it.
 */
public interface TokenConstraint {
  /** As errors name it, for example "min_tokens 5". */
  String name();

  /** Before the first token of a completion. */
  State start();

  /**
   * Where one sequence is. Belongs to the engine thread; it depends on nothing but the tokens that
   * {@link #advance} was told, so that it can be made again from them. Work that takes longer than
   * some microseconds belongs to another thread, begun by {@link #advance} while the model runs the
   * step.
   */
  interface State {
    /** Forbids in the mask what may not come next; allows nothing that is forbidden already. */
    void restrict(TokenMask mask);

    /** Whether {@link #restrict} would leave this token, without making a mask. */
    boolean allows(int tokenId);

    /** Whether {@link #restrict} would forbid nothing: then it is not called. */
    default boolean allowsAll() {
      return false;
    }

    /** The sequence goes on with this token, which was allowed and does not end it. */
    void advance(int tokenId);

    /** Whether the completion may end here. */
    boolean isComplete();
  }
}
