package io.talchum.weights.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.talchum.core.ServeException;
import io.talchum.weights.gguf.GgufFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files made of very many very small things are refused before they take memory. */
class AmplificationTest {
  /** What the most keys and tensors that are allowed take beyond four times their file. */
  private static final long ALLOWANCE = 8 << 20;

  @TempDir private Path folder;

  private static ByteBuffer gguf(int bytes, long tensors, long keys) {
    return ByteBuffer.allocate(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x46554747)
        .putInt(3)
        .putLong(tensors)
        .putLong(keys);
  }

  private static void text(ByteBuffer target, String text) {
    target.putLong(text.length()).put(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void ggufArrays() throws IOException {
    int count = 6_000_000;
    for (int type : new int[] {0, 7}) {
      ByteBuffer file = gguf(count + 100, 0, 1);
      text(file, "a");
      file.putInt(9).putInt(type).putLong(count);
      assertRefused(file, "array length of 6000000");
    }
    ByteBuffer file = gguf(8 * 1_000_000 + 100, 0, 1);
    text(file, "a");
    file.putInt(9).putInt(8).putLong(1_000_000);
    assertRefused(file, "array length of 1000000");
  }

  @Test
  void ggufKeys() throws IOException {
    ByteBuffer file = gguf(40 * 100_000, 0, 100_000);
    for (int i = 0; i < 100_000; i++) {
      text(file, Integer.toString(i));
      file.putInt(0).put((byte) 1);
    }
    assertRefused(file, "100000 metadata keys");
  }

  @Test
  void ggufTensors() throws IOException {
    assertRefused(gguf(64 * 1_000_000, 1_000_000, 0), "1000000 tensors");
    int most = 1 << 13;
    ByteBuffer file = gguf(100 * most, most, 0);
    for (int i = 0; i < most; i++) {
      text(file, Integer.toString(i));
      file.putInt(1).putLong(1).putInt(0).putLong(32L * i);
    }
    file.position(file.position() + 32 * (most + 1));
    Path path = write("m.gguf", file);
    assertThat(allocated(() -> GgufFile.open(path).close()))
        .isLessThan(4 * Files.size(path) + ALLOWANCE);
  }

  @Test
  void safetensorsEntries() throws IOException {
    Path many = safetensors(200_000);
    assertThatThrownBy(() -> SafetensorsFile.open(many).close())
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("more than 8192 tensors");
    Path most = safetensors(1 << 13);
    assertThat(allocated(() -> SafetensorsFile.open(most).close()))
        .isLessThan(4 * Files.size(most) + ALLOWANCE);
  }

  private Path safetensors(int count) throws IOException {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i < count; i++) {
      json.append(i == 0 ? "" : ",")
          .append('"')
          .append(i)
          .append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    byte[] header = json.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    return write("m.safetensors", file.putLong(header.length).put(header));
  }

  private void assertRefused(ByteBuffer content, String reason) throws IOException {
    Path path = Files.write(folder.resolve("m.gguf"), content.array());
    long allocated =
        allocated(
            () ->
                assertThatThrownBy(() -> GgufFile.open(path).close())
                    .isInstanceOf(ServeException.class)
                    .hasMessageContaining(reason));
    assertThat(allocated).isLessThan(4L * content.capacity() + ALLOWANCE);
  }

  private Path write(String name, ByteBuffer content) throws IOException {
    byte[] bytes = new byte[content.position()];
    content.flip().get(bytes);
    return Files.write(folder.resolve(name), bytes);
  }

  private static long allocated(Runnable work) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    work.run();
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
