package io.talchum.weights.safetensors;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.weights.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes small safetensors files for tests. */
public final class SafetensorsWriter {
  private final Map<String, Object> header = new LinkedHashMap<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  /** Adds a float tensor; the values are rounded to the type. */
  public SafetensorsWriter add(String name, DType type, List<Long> shape, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (type) {
        case F32 -> bytes.putFloat(value);
        case F64 -> bytes.putDouble(value);
        case F16 -> bytes.putShort(Float.floatToFloat16(value));
        case BF16 -> bytes.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        default -> throw new IllegalArgumentException("no floats in " + type);
      }
    }
    int begin = data.size();
    data.writeBytes(bytes.array());
    header.put(
        name,
        Map.of("dtype", type.name(), "shape", shape, "data_offsets", List.of(begin, data.size())));
    return this;
  }

  public Path write(Path path) {
    try {
      byte[] json = new JsonMapper().writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
      ByteBuffer file =
          ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
      file.putLong(json.length).put(json).put(data.toByteArray());
      return Files.write(path, file.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
