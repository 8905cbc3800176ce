package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.testing.ChildProcess;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that imports a source of half a gigabyte never holds as much: neither on its heap nor
 * of the mapped source.
 */
class ImportMemoryTest {
  private static final int VOCABULARY = 120_000;
  private static final int HIDDEN = 2048;
  private static final long SOURCE_BYTES = 2L * VOCABULARY * HIDDEN;

  @TempDir private Path folder;

  @Test
  @EnabledOnOs(OS.LINUX) // peak memory is read from /proc
  void peakMemoryDoesNotGrowWithTheSource() throws Exception {
    Path source = source();
    List<String> options =
        List.of("-Xmx160m", "-XX:+UseSerialGC", "--add-modules=jdk.incubator.vector");
    String output;
    try (ChildProcess process =
        new ChildProcess(
            options, Import.class, source.toString(), folder.resolve("models").toString())) {
      output = process.awaitEnd();
    }
    assertThat(output).endsWith("\nexit 0");
    long peakKilobytes =
        output
            .lines()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    assertThat(1024 * peakKilobytes).isLessThan(320L << 20).isLessThan(SOURCE_BYTES);
  }

  /** A model of one small layer and a huge embedding of zeros, which take no room on the disk. */
  private Path source() throws IOException {
    Path target = Files.createDirectory(folder.resolve("source"));
    Files.writeString(
        target.resolve("config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
         "hidden_size": %d, "intermediate_size": 32, "num_hidden_layers": 1, "vocab_size": %d,
         "num_attention_heads": 32, "num_key_value_heads": 1, "max_position_embeddings": 64,
         "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
        """
            .formatted(HIDDEN, VOCABULARY));
    StringBuilder header = new StringBuilder("{");
    long end = 0;
    end = tensor(header, end, "embed_tokens", VOCABULARY, HIDDEN);
    end = tensor(header, end, "norm", HIDDEN);
    String layer = "layers.0.";
    end = tensor(header, end, layer + "input_layernorm", HIDDEN);
    end = tensor(header, end, layer + "post_attention_layernorm", HIDDEN);
    end = tensor(header, end, layer + "self_attn.q_proj", HIDDEN, HIDDEN);
    end = tensor(header, end, layer + "self_attn.k_proj", HIDDEN / 32, HIDDEN);
    end = tensor(header, end, layer + "self_attn.v_proj", HIDDEN / 32, HIDDEN);
    end = tensor(header, end, layer + "self_attn.o_proj", HIDDEN, HIDDEN);
    end = tensor(header, end, layer + "mlp.gate_proj", 32, HIDDEN);
    end = tensor(header, end, layer + "mlp.up_proj", 32, HIDDEN);
    end = tensor(header, end, layer + "mlp.down_proj", HIDDEN, 32);
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    Path file = target.resolve("model.safetensors");
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(length.putLong(json.length).array());
      out.write(json);
      out.setLength(8 + json.length + end);
    }
    return target;
  }

  private static long tensor(StringBuilder header, long from, String name, int... shape) {
    long bytes = 2;
    StringBuilder dimensions = new StringBuilder();
    for (int dimension : shape) {
      bytes *= dimension;
      dimensions.append(dimensions.isEmpty() ? "" : ",").append(dimension);
    }
    header
        .append(from == 0 ? "" : ",")
        .append(
            "\"model.%s.weight\":{\"dtype\":\"BF16\",\"shape\":[%s],".formatted(name, dimensions))
        .append("\"data_offsets\":[%d,%d]}".formatted(from, from + bytes));
    return from + bytes;
  }

  /** The child process: imports, then prints what the kernel knows of it. */
  static final class Import {
    private Import() {}

    public static void main(String... args) throws IOException {
      ImportRequest request = ImportRequest.of(Path.of(args[0]), "m").withoutTokenizer();
      new ModelImporter()
          .run(
              request.quantized(Quantization.INT4, Quantization.INT8),
              Path.of(args[1]),
              ProgressListener.NONE);
      List<String> status = Files.readAllLines(Path.of("/proc/self/status"));
      status.forEach(System.out::println);
    }
  }
}
