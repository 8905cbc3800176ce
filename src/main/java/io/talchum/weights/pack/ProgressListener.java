package io.talchum.weights.pack;

/** Told how far an import is; called on the importing thread, after every tensor and in between. */
@FunctionalInterface
public interface ProgressListener {
  /** Hears nothing. */
  ProgressListener NONE = (bytesDone, bytesTotal, tensor) -> {};

  /**
   * @param bytesDone of the source's weights
   * @param bytesTotal of the source's weights; the last call has bytesDone = bytesTotal
   * @param tensor the tensor at work, by its name in the package
   */
  void onProgress(long bytesDone, long bytesTotal, String tensor);
}
