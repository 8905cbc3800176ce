package io.talchum.adapter;

/**
 * An adapter's weights in the form in which the executor copies them into a slot. Made by the
 * executor, owned by the registry, which closes it when the adapter is unloaded and its last lease
 * has ended.
 */
public interface ResidentAdapter extends AutoCloseable {
  /** Bytes of host memory held. */
  long residentBytes();

  /**
   * The first of a prompt's tokens on which the adapter acts: keys and values of those before it
   * are the base's. {@link Integer#MAX_VALUE} if it acts on none.
   */
  default int actsFrom(int[] promptTokenIds) {
    return 0;
  }

  /**
   * Whether keys and values of a token depend on the tokens up to it alone, so that prompts which
   * begin alike can share them.
   */
  default boolean isCausal() {
    return true;
  }

  /**
   * Virtual tokens in front of the prompt: they take positions of the slot, which the callers of
   * the executor do not count.
   */
  default int virtualTokens() {
    return 0;
  }

  /**
   * Whether steps in which it takes part need the extended graph, in which adapters change more
   * than linears.
   */
  default boolean needsExtendedGraph() {
    return false;
  }

  @Override
  void close();
}
