package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.ThreadMXBean;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import io.talchum.text.DjlTokenizer;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.TokenizerCheck;
import io.talchum.weights.gguf.GgufCheckpoint;
import io.talchum.weights.hf.HfConfig;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand mutations of valid headers: each is read or refused as INVALID_MODEL, allocates at
 * most four times the file and {@link #ALLOWANCE} bytes, and never hangs.
 */
class FuzzedSourcesTest {
  private static final int CASES = 2500;
  private static final long SEED = 20251121;

  /**
   * What a file of a few hundred bytes takes: buffers, the text of the refusal, its stack; and a
   * tokenizer.json as a tree.
   */
  private static final long ALLOWANCE = 1 << 18;

  /** The watchdog for what hangs: reading one of these takes about a millisecond. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ExecutorService reader =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("fuzz").factory());

  @TempDir private Path folder;

  @AfterEach
  void stop() {
    reader.shutdownNow();
  }

  /** Reads a source; may throw ServeException only. */
  @FunctionalInterface
  private interface Source {
    void read(byte[] bytes) throws IOException;
  }

  @Test
  void safetensors() throws Exception {
    byte[] valid = Files.readAllBytes(Fixtures.path("hostile/st/ok.safetensors"));
    run(valid, valid.length, bytes -> SafetensorsFile.open(file("m.safetensors", bytes)).close());
  }

  @Test
  void gguf() throws Exception {
    byte[] valid = Files.readAllBytes(Fixtures.path("gguf/llama31.F32.gguf"));
    int header = 24_000;
    run(valid, header, bytes -> GgufCheckpoint.open(file("m.gguf", bytes)).close());
  }

  @Test
  void config() throws Exception {
    byte[] valid = Files.readAllBytes(Fixtures.path("models/llama31/config.json"));
    run(
        valid,
        valid.length,
        bytes -> {
          String text = TextFiles.decode("config.json", bytes);
          ObjectNode config = TextFiles.parse("config.json", text);
          HfConfig.read(new ConfigFields("config.json", config));
        });
  }

  @Test
  void tokenizer() throws Exception {
    byte[] valid = Files.readAllBytes(Fixtures.path("models/llama31/tokenizer.json"));
    run(valid, valid.length, bytes -> TokenizerCheck.check(bytes, 448));
  }

  /** Where the check finds nothing, the tokenizer itself reads or refuses. */
  @Test
  void loadedTokenizer() throws Exception {
    byte[] valid = Files.readAllBytes(Fixtures.path("models/llama31/tokenizer.json"));
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    for (int i = 0; i < CASES; i++) {
      byte[] mutated = new Mutation(random, valid.length).of(valid);
      try {
        TokenizerCheck.check(mutated, 448);
        DjlTokenizer.load(file("tokenizer.json", mutated), 448)
            .encode("Hello 123\n\n x", true, true);
      } catch (ServeException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL);
      }
    }
  }

  /** Without any allowance, where there are weights. */
  @Test
  void wholeModels() throws IOException {
    Path gguf = Fixtures.path("gguf/llama31.F32.gguf");
    Path safetensors = Fixtures.path("models/llama31/model.safetensors");
    for (int i = 0; i < 2; i++) { // the first time loads classes
      long read = measured(bytes -> GgufCheckpoint.open(gguf).close(), new byte[0]);
      long header = measured(bytes -> SafetensorsFile.open(safetensors).close(), new byte[0]);
      if (i > 0) {
        assertThat(read).isLessThanOrEqualTo(4 * Files.size(gguf));
        assertThat(header).isLessThanOrEqualTo(4 * Files.size(safetensors));
      }
    }
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }

  private void run(byte[] valid, int header, Source source) throws Exception {
    measured(source, valid); // classes are loaded now, and the original is valid
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    int refused = 0;
    for (int i = 0; i < CASES; i++) {
      byte[] mutated = new Mutation(random, header).of(valid);
      try {
        long most = 4L * mutated.length + ALLOWANCE;
        long allocated = inTime(source, mutated);
        if (Math.abs(allocated) > most) {
          allocated = inTime(source, mutated); // the first of its kind loads classes
        }
        assertThat(Math.abs(allocated))
            .as("case %d of seed %d allocates", i, SEED)
            .isLessThanOrEqualTo(most);
        refused += allocated < 0 ? 1 : 0;
      } catch (TimeoutException e) {
        fail("case %d of seed %d hangs".formatted(i, SEED), e);
      } catch (ExecutionException e) {
        fail("case %d of seed %d fails with %s".formatted(i, SEED, e.getCause()), e);
      }
    }
    assertThat(refused).as("mutations that are refused").isGreaterThan(CASES / 4);
  }

  private long inTime(Source source, byte[] bytes) throws Exception {
    return reader
        .submit(() -> measured(source, bytes))
        .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Allocated bytes; negative if the source was refused. */
  private static long measured(Source source, byte[] bytes) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      source.read(bytes);
      return threads.getCurrentThreadAllocatedBytes() - before;
    } catch (ServeException e) {
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL);
      assertThat(e.getMessage()).hasSizeLessThan(10_000);
      return -allocated;
    }
  }

  /** One to four random changes inside the header. */
  private record Mutation(RandomGenerator random, int header) {
    private static final String[] TEXTS = {
      "-1",
      "0",
      "1e999",
      "NaN",
      "99999999999999999999",
      "2147483648",
      "9223372036854775807",
      "null",
      "true",
      "{}",
      "[]",
      "\"\"",
      "\"x\"",
      "[[[[",
      "{\"a\":",
      "\\u0000",
      "\u00ff",
      ","
    };
    private static final long[] NUMBERS = {
      0, 1, -1, 255, 1L << 31, -1L << 31, 1L << 32, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
    };

    byte[] of(byte[] valid) {
      byte[] bytes = valid.clone();
      int changes = random.nextInt(1, 5);
      for (int i = 0; i < changes && bytes.length > 16; i++) {
        bytes = changed(bytes, random.nextInt(Math.min(header, bytes.length)));
      }
      return bytes;
    }

    private byte[] changed(byte[] bytes, int at) {
      return switch (random.nextInt(8)) {
        case 0 -> {
          bytes[at] ^= (byte) (1 << random.nextInt(8));
          yield bytes;
        }
        case 1 -> {
          bytes[at] = (byte) random.nextInt(256);
          yield bytes;
        }
        case 2 -> number(bytes, at, random.nextBoolean() ? 4 : 8);
        case 3 -> replaced(bytes, at, at, TEXTS[random.nextInt(TEXTS.length)]);
        case 4 -> overNumber(bytes, at);
        case 5 -> replaced(bytes, at, end(bytes, at), "");
        case 6 -> {
          byte[] copy = Arrays.copyOfRange(bytes, at, end(bytes, at));
          yield replaced(bytes, at, at, new String(copy, StandardCharsets.ISO_8859_1));
        }
        default -> random.nextInt(4) == 0 ? Arrays.copyOf(bytes, at) : bytes;
      };
    }

    private int end(byte[] bytes, int at) {
      return Math.min(bytes.length, at + random.nextInt(1, 64));
    }

    private byte[] number(byte[] bytes, int at, int size) {
      long value = NUMBERS[random.nextInt(NUMBERS.length)];
      for (int i = 0; i < size && at + i < bytes.length; i++) {
        bytes[at + i] = (byte) (value >> 8 * i);
      }
      return bytes;
    }

    /** Puts a text in the place of the next decimal number. */
    private byte[] overNumber(byte[] bytes, int at) {
      int from = at;
      while (from < Math.min(header, bytes.length) && !digit(bytes[from])) {
        from++;
      }
      int to = from;
      while (to < bytes.length && digit(bytes[to])) {
        to++;
      }
      return replaced(bytes, from, to, TEXTS[random.nextInt(TEXTS.length)]);
    }

    private static boolean digit(byte value) {
      return value >= '0' && value <= '9';
    }

    private static byte[] replaced(byte[] bytes, int from, int to, String text) {
      byte[] middle = text.getBytes(StandardCharsets.ISO_8859_1);
      byte[] result = Arrays.copyOf(bytes, from + middle.length + bytes.length - to);
      System.arraycopy(middle, 0, result, from, middle.length);
      System.arraycopy(bytes, to, result, from + middle.length, bytes.length - to);
      return result;
    }
  }
}
