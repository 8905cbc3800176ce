package io.talchum.weights.gguf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes small GGUF files of F32 tensors for tests. */
public final class GgufWriter {
  private static final int ALIGNMENT = 32;
  private static final int UINT32 = 4;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final List<Added> added = new ArrayList<>();
  private long keyCount;
  private long tensorCount;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Added(String name, float[] values, long[] dimensions) {}

  public GgufWriter put(String key, String value) {
    text(keys, key);
    number(keys, STRING);
    text(keys, value);
    keyCount++;
    return this;
  }

  public GgufWriter put(String key, int value) {
    text(keys, key);
    number(keys, UINT32);
    number(keys, value);
    keyCount++;
    return this;
  }

  public GgufWriter put(String key, float value) {
    text(keys, key);
    number(keys, FLOAT32);
    number(keys, Float.floatToRawIntBits(value));
    keyCount++;
    return this;
  }

  public GgufWriter put(String key, boolean[] values) {
    text(keys, key);
    number(keys, ARRAY);
    number(keys, BOOL);
    number(keys, (long) values.length);
    for (boolean value : values) {
      keys.write(value ? 1 : 0);
    }
    keyCount++;
    return this;
  }

  /**
   * @param dimensions innermost first
   */
  public GgufWriter add(String name, float[] values, long... dimensions) {
    added.add(new Added(name, values, dimensions));
    text(tensors, name);
    number(tensors, dimensions.length);
    for (long dimension : dimensions) {
      number(tensors, dimension);
    }
    number(tensors, 0); // F32
    number(tensors, (long) data.size());
    ByteBuffer bytes =
        ByteBuffer.allocate(padded(values.length * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    data.writeBytes(bytes.array());
    tensorCount++;
    return this;
  }

  public Path write(Path path) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    number(file, 3);
    number(file, tensorCount);
    number(file, keyCount);
    file.writeBytes(keys.toByteArray());
    file.writeBytes(tensors.toByteArray());
    file.writeBytes(new byte[padded(file.size()) - file.size()]);
    file.writeBytes(data.toByteArray());
    try {
      return Files.write(path, file.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes the tensors one by one to the parts in turn, as llama.cpp's gguf-split names and marks
   * them.
   *
   * @return the first part
   */
  public Path writeSplit(Path folder, String name, int count) {
    List<GgufWriter> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      GgufWriter part = new GgufWriter();
      if (i == 0) {
        part.keys.writeBytes(keys.toByteArray());
        part.keyCount = keyCount;
      }
      parts.add(
          part.put("split.no", i)
              .put("split.count", count)
              .put("split.tensors.count", (int) tensorCount));
    }
    for (int i = 0; i < added.size(); i++) {
      Added tensor = added.get(i);
      parts.get(i % count).add(tensor.name(), tensor.values(), tensor.dimensions());
    }
    for (int i = 0; i < count; i++) {
      parts.get(i).write(folder.resolve(part(name, i, count)));
    }
    return folder.resolve(part(name, 0, count));
  }

  public static String part(String name, int number, int count) {
    return "%s-%05d-of-%05d.gguf".formatted(name, number + 1, count);
  }

  private static int padded(int size) {
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(out, (long) bytes.length);
    out.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream out, int value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void number(ByteArrayOutputStream out, long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
