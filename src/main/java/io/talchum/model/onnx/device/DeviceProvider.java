package io.talchum.model.onnx.device;

import java.lang.foreign.MemorySegment;

/** What lets ONNX Runtime run on a device. Any thread. */
public interface DeviceProvider extends AutoCloseable {
  /** Describes the device's memory: an OrtMemoryInfo. */
  MemorySegment memoryInfo();

  /**
   * Lets a session of these options (OrtSessionOptions) run there.
   *
   * @param captures whether the session records steps of fixed shapes and addresses, and replays
   *     them
   */
  void addTo(MemorySegment options, boolean captures);

  @Override
  void close();
}
