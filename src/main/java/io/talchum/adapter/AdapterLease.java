package io.talchum.adapter;

/**
 * The right to use one adapter version until {@link #close}, whatever is loaded, replaced or
 * unloaded meanwhile. Closing twice is harmless. Any thread.
 */
public interface AdapterLease extends AutoCloseable {
  AdapterId id();

  /** Valid until {@link #close}. */
  ResidentAdapter resident();

  @Override
  void close();
}
