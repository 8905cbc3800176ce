package io.talchum.model.onnx.ort;

import io.talchum.core.KvFormat;

/** Element types of tensors, with ONNX's numbers ({@code TensorProto.DataType}). */
public enum ElementType {
  FLOAT(1, 4),
  UINT8(2, 1),
  INT8(3, 1),
  INT32(6, 4),
  INT64(7, 8),
  /** IEEE binary16. */
  FLOAT16(10, 2);

  private final int onnx;
  private final int bytes;

  ElementType(int onnx, int bytes) {
    this.onnx = onnx;
    this.bytes = bytes;
  }

  /** Of the numbers of a KV cache. */
  public static ElementType of(KvFormat format) {
    return switch (format) {
      case FP32 -> FLOAT;
      case INT8 -> INT8;
    };
  }

  public int onnx() {
    return onnx;
  }

  public int bytes() {
    return bytes;
  }
}
