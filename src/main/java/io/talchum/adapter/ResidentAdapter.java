package io.talchum.adapter;

/**
 * An adapter's weights in the form in which the executor copies them into a slot. Made by the
 * executor, owned by the registry, which closes it when the adapter is unloaded and its last lease
 * has ended.
 */
public interface ResidentAdapter extends AutoCloseable {
  /** Bytes of host memory held. */
  long residentBytes();

  @Override
  void close();
}
