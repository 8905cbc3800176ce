package io.talchum.model.onnx;

/** Element types of tensors, with ONNX's numbers ({@code TensorProto.DataType}). */
enum ElementType {
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

  int onnx() {
    return onnx;
  }

  int bytes() {
    return bytes;
  }
}
