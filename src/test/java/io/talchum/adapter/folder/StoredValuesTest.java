package io.talchum.adapter.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.FloatValues;
import io.talchum.core.ServeException;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredValuesTest {
  private static final int ROWS = 50;
  private static final int COLUMNS = 1001; // pieces end within rows

  @TempDir private Path folder;

  private Path write(String dtype, int bytes) throws IOException {
    byte[] header =
        "{\"t\": {\"dtype\": \"%s\", \"shape\": [%d, %d], \"data_offsets\": [0, %d]}}"
            .formatted(dtype, ROWS, COLUMNS, ROWS * COLUMNS * bytes)
            .getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file =
        ByteBuffer.allocate(8 + header.length + ROWS * COLUMNS * bytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
      switch (dtype) {
        case "F32" -> file.putFloat(value(i));
        case "F16" -> file.putShort(Float.floatToFloat16(value(i)));
        default -> file.putShort((short) (Float.floatToRawIntBits(value(i)) >>> 16));
      }
    }
    return Files.write(folder.resolve(dtype + ".safetensors"), file.array());
  }

  /** Exact in each type. */
  private static float value(int i) {
    return i % 251 - 100;
  }

  private static StoredValues stored(Path path) {
    try (SafetensorsFile file = SafetensorsFile.openConfined(path)) {
      return new TensorSource(file, "test").stored("t", "", ROWS, COLUMNS);
    }
  }

  @Test
  void holdsTheNumbersOfItsFile() throws IOException {
    for (String dtype : new String[] {"F32", "F16", "BF16"}) {
      StoredValues values = stored(write(dtype, dtype.equals("F32") ? 4 : 2));
      assertThat(values.magnitude()).isEqualTo(150);
      assertThat(values.bytes()).isEqualTo(ROWS * COLUMNS * (dtype.equals("F32") ? 4L : 2L));
      requireValues(values, 0);
      FloatValues part = values.slice(12_345, 45_678);
      assertThat(part.size()).isEqualTo(45_678 - 12_345);
      requireValues(part, 12_345);
      requireValues(part.slice(5_000, 30_000), 17_345);
      assertThat(values.isSame(FloatValues.of(values.toArray()))).isTrue();
      assertThat(values.isSame(part)).isFalse();
    }
  }

  private static void requireValues(FloatValues values, int first) {
    float[] all = values.toArray();
    assertThat(all).hasSize((int) values.size());
    for (int i = 0; i < all.length; i++) {
      assertThat(all[i]).isEqualTo(value(first + i));
    }
  }

  @Test
  void aFileThatChangesIsNotUsed() throws IOException {
    Path path = write("F32", 4);
    StoredValues values = stored(path);
    byte[] bytes = Files.readAllBytes(path);
    bytes[bytes.length - 3] ^= 1;
    Files.write(path, bytes);
    requireValues(values.slice(0, 1000), 0); // what is read again is checked
    requireRefused(values);
    Files.write(path, new byte[100]);
    requireRefused(values);
    Files.delete(path);
    requireRefused(values);
  }

  private static void requireRefused(StoredValues values) {
    assertThatThrownBy(values::toArray)
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("F32.safetensors was changed or removed");
  }

  @Test
  void whatPassesTheHeapIsBounded() throws IOException {
    try (SafetensorsFile file = SafetensorsFile.openConfined(write("F16", 2))) {
      TensorSource source = new TensorSource(file, "test", 4L * ROWS * COLUMNS - 1);
      assertThatThrownBy(() -> source.values("t", "", ROWS, COLUMNS))
          .isInstanceOf(ServeException.class)
          .hasMessageContaining("takes 200200 bytes up to t; an adapter may take 200199")
          .hasMessageContaining("TALCHUM_HEAP");
      assertThat(source.stored("t", "", ROWS, COLUMNS).size()).isEqualTo(ROWS * COLUMNS);
    }
  }
}
