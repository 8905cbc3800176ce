package io.talchum.service;

/** Told what {@link AdapterWatch} does, on its thread. */
public interface AdapterWatchListener {
  /** For those who do not listen. */
  AdapterWatchListener NONE = new AdapterWatchListener() {};

  /** A new folder's adapter, or a changed one's, can be used. */
  default void onFolderLoaded(String name) {}

  /** The folder is gone, and so is its name. */
  default void onFolderUnloaded(String name) {}

  /** A folder was not taken; it is tried again when it changes. */
  default void onFolderFailed(String name, String reason) {}
}
