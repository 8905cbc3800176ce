package io.talchum.service;

/** Told how far an import is, on the thread that imports. */
@FunctionalInterface
public interface ImportProgress {
  /** Hears nothing. */
  ImportProgress NONE = (bytesDone, bytesTotal, tensor) -> {};

  /**
   * @param bytesDone of the source's weights
   * @param bytesTotal of the source's weights; the last call has bytesDone = bytesTotal
   * @param tensor the tensor at work
   */
  void onProgress(long bytesDone, long bytesTotal, String tensor);
}
