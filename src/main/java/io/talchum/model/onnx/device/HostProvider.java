package io.talchum.model.onnx.device;

import io.talchum.model.onnx.ort.OrtTensors;
import java.lang.foreign.MemorySegment;

/** ONNX Runtime's CPU provider, which every session has. */
public record HostProvider(OrtTensors tensors) implements DeviceProvider {
  @Override
  public MemorySegment memoryInfo() {
    return tensors.cpuMemory();
  }

  @Override
  public void addTo(MemorySegment options, boolean captures) {}

  @Override
  public void close() {}
}
