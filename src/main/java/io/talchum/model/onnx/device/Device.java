package io.talchum.model.onnx.device;

import io.talchum.model.onnx.graph.GraphForm;
import io.talchum.model.onnx.ort.OrtTensors;

/** Where a {@link GraphForm.Standard} graph runs. */
public record Device(DeviceMemory memory, DeviceProvider provider) implements AutoCloseable {
  /** ONNX Runtime's CPU provider: what is written for devices runs and is tested there. */
  public static Device onHost(OrtTensors tensors) {
    return new Device(new HostMemory(tensors), new HostProvider(tensors));
  }

  @Override
  public void close() {
    memory.close();
    provider.close();
  }
}
