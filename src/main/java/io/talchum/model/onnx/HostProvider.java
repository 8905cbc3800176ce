package io.talchum.model.onnx;

import java.lang.foreign.MemorySegment;

/** ONNX Runtime's CPU provider, which every session has. */
record HostProvider(OrtTensors tensors) implements DeviceProvider {
  @Override
  public MemorySegment memoryInfo() {
    return tensors.cpuMemory();
  }

  @Override
  public void addTo(MemorySegment options, boolean captures) {}

  @Override
  public void close() {}
}
