package io.talchum.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Rendering a conversation of 102 messages and about 57,000 characters. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChatTemplateBenchmark {
  private static final String SENTENCE =
      "Turn %d: the quick brown fox jumps over the lazy dog, and says so at length. ";

  /** A template's file; others than the repository's own may be named with -p. */
  @Param({
    "src/test/resources/fixtures/chat_templates/templates/own_qwen.jinja",
    "src/test/resources/fixtures/chat_templates/templates/chatml.jinja"
  })
  public String template = "";

  private final List<Map<String, Object>> messages = new ArrayList<>();
  private ChatTemplate compiled = ChatTemplate.absent();

  @Setup
  public void compile() throws IOException {
    compiled =
        ChatTemplate.of(
            Files.readString(Path.of(template)),
            Map.of("bos_token", "<s>", "eos_token", "</s>"),
            InstantSource.fixed(Instant.EPOCH));
    messages.add(Map.of("role", "system", "content", "You are a careful assistant."));
    for (int turn = 0; turn < 100; turn++) {
      boolean asks = turn % 2 == 0;
      String role = asks ? "user" : "assistant";
      String content = SENTENCE.formatted(turn).repeat(asks ? 4 : 10);
      messages.add(Map.of("role", role, "content", content));
    }
    messages.add(Map.of("role", "user", "content", "And now?"));
  }

  @Benchmark
  public List<PromptSegment> render() {
    return compiled.render(messages, ChatTemplateOptions.forAnswer());
  }
}
