package io.talchum.model.onnx.math;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.testing.ChildProcess;
import io.talchum.testing.ZeroBase;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter of 300 MB becomes native memory in a process with a heap of 64 MB, six times. */
class AdapterHeapTest {
  private static final int HIDDEN = 2048;
  private static final int LAYERS = 72;
  private static final int RANK = 256;
  private static final long BYTES = 2L * LAYERS * RANK * HIDDEN * Float.BYTES;
  private static final ModelSpec BASE =
      new ModelSpec(
          "LlamaForCausalLM",
          256,
          HIDDEN,
          LAYERS,
          32,
          32,
          64,
          4096,
          512,
          1e-6f,
          new RopeSpec(Collections.nCopies(32, 1.0), 1.0),
          Set.of(),
          true);

  @TempDir private Path folder;

  @Test
  void weightsDoNotPassTheHeap() throws Exception {
    assertThat(BYTES).isGreaterThan(300_000_000);
    write(folder);
    List<String> options =
        List.of("-Xmx64m", "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector");
    try (ChildProcess process = new ChildProcess(options, Load.class, folder.toString())) {
      assertThat(process.awaitEnd()).contains("6 times " + 2 * LAYERS).endsWith("exit 0");
    }
  }

  /** Zeros, which take no room on the disk. */
  private static void write(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("adapter_config.json"),
        """
        {"peft_type": "LORA", "r": %d, "lora_alpha": 16, "target_modules": ["q_proj"]}
        """
            .formatted(RANK));
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    for (int layer = 0; layer < LAYERS; layer++) {
      String name = "base_model.model.model.layers." + layer + ".self_attn.q_proj.lora_";
      end = tensor(header, end, name + "A.weight", RANK, HIDDEN);
      end = tensor(header, end, name + "B.weight", HIDDEN, RANK);
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    try (RandomAccessFile out =
        new RandomAccessFile(folder.resolve("adapter_model.safetensors").toFile(), "rw")) {
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      out.write(length.putLong(json.length).array());
      out.write(json);
      out.setLength(8 + json.length + end);
    }
  }

  private static long tensor(StringBuilder header, long start, String name, int rows, int columns) {
    long end = start + (long) rows * columns * Float.BYTES;
    header
        .append(start == 0 ? "" : ", ")
        .append("\"%s\": {\"dtype\": \"F32\", \"shape\": [%d, %d], ".formatted(name, rows, columns))
        .append("\"data_offsets\": [%d, %d]}".formatted(start, end));
    return end;
  }

  /** The child. */
  static final class Load {
    private Load() {}

    public static void main(String[] args) {
      PeftReader reader = new PeftReader(new ZeroBase(BASE));
      int matrices = 0;
      for (int time = 0; time < 6; time++) {
        AdapterContent content = reader.read(Path.of(args[0]));
        try (Arena arena = Arena.ofConfined()) {
          matrices = 0;
          for (LowRankDelta delta : content.weights().lowRank()) {
            matrices += rows(AdapterMatrix.of(arena, delta.a(), RANK, HIDDEN)) / RANK;
            matrices += rows(AdapterMatrix.transposed(arena, delta.b(), RANK, HIDDEN)) / RANK;
          }
        }
      }
      System.out.println("6 times " + matrices); // the test reads it
    }

    private static int rows(AdapterMatrix matrix) {
      return matrix.rows();
    }
  }
}
