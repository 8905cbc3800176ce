package io.talchum.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.testing.ChildProcess;
import io.talchum.testing.Fixtures;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StopSignalTest {
  @TempDir private Path home;

  /** An import that stands still at its first progress until the process is told to end. */
  public static final class Import {
    public static void main(String[] args) {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      CountDownLatch never = new CountDownLatch(1);
      Writer standing =
          new Writer() {
            @Override
            public void write(char[] text, int offset, int length) {
              String said = new String(text, offset, length);
              out.print(said);
              if (said.contains("%")) {
                out.println();
                out.println("at work");
                try {
                  boolean counted = never.await(60, TimeUnit.SECONDS);
                  out.println("nobody told it to end: " + counted);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              }
            }

            @Override
            public void flush() {
              out.flush();
            }

            @Override
            public void close() {
              out.close();
            }
          };
      ProcessEnvironment process =
          new ProcessEnvironment(
              new BufferedReader(Reader.nullReader()),
              out,
              new PrintWriter(standing),
              false,
              Map.of(),
              Path.of(args[1]));
      System.exit(
          Talchum.run(
              process,
              settings -> 0,
              (folder, context, kv) -> {
                throw new AssertionError("no model runs here");
              },
              "import",
              args[0]));
    }
  }

  @Test
  void anImportThatIsToldToEndCleansUpAndSaysSo() throws Exception {
    String source = Fixtures.path("models/llama").toAbsolutePath().toString();
    try (ChildProcess child = new ChildProcess(Import.class, source, home.toString())) {
      child.awaitLine("at work");
      assertThat(home.resolve(".talchum/models")).isNotEmptyDirectory();
      child.terminate();
      assertThat(child.awaitEnd())
          .contains("talchum: stopped; what was not finished is removed")
          .endsWith("exit 143");
    }
    assertThat(home.resolve(".talchum/models")).isEmptyDirectory();
  }
}
