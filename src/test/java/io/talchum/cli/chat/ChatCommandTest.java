package io.talchum.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.cli.ProcessEnvironment;
import io.talchum.cli.Talchum;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ChatCommandTest {
  private static final String NEVER = "\0";

  private final Interrupts interrupts = new Interrupts();
  private StubChatServer server;

  /** Ctrl-C comes when this is on the screen. */
  private String whenPrinted = NEVER;

  @BeforeEach
  void start() throws IOException {
    server = new StubChatServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void whatIsPipedInGetsOnlyAnswersOut() {
    server.answer("stop", "The ba", "tch\n", "size.");
    server.answer("stop", "안녕", "하세요!");
    Ended ended = chat("What is it?\n\n  Hello!  \n");
    assertThat(ended.out()).isEqualTo("The batch\nsize.\n안녕하세요!\n");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.exitCode()).isZero();
    assertThat(server.asked().getFirst().get("model").asText()).isEqualTo("base");
    assertThat(server.asked().getFirst().get("stream").asBoolean()).isTrue();
    assertThat(messages(1))
        .containsExactly("user: What is it?", "assistant: The batch\nsize.", "user: Hello!");
  }

  @Test
  void commandsChooseAndForget() {
    for (int i = 0; i < 4; i++) {
      server.answer("stop", "a" + i);
    }
    Ended ended =
        chat(
            """
            /system Be brief.
            q0
            /adapter pirate
            q1
            /reset
            q2
            /adapter none
            /system
            q3
            /quit
            q4
            """);
    assertThat(ended.exitCode()).isZero();
    assertThat(server.asked().stream().map(body -> body.get("model").asText()))
        .containsExactly("base", "pirate", "pirate", "base");
    assertThat(messages(1))
        .containsExactly("system: Be brief.", "user: q0", "assistant: a0", "user: q1");
    assertThat(messages(2)).containsExactly("system: Be brief.", "user: q2");
    assertThat(messages(3)).containsExactly("user: q2", "assistant: a2", "user: q3");
  }

  @Test
  void optionsBegin() {
    server.answer("stop", "Arr!");
    chat("q", "--adapter", "pirate", "--system", "Be loud.");
    assertThat(server.asked().getFirst().get("model").asText()).isEqualTo("pirate");
    assertThat(messages(0)).containsExactly("system: Be loud.", "user: q");
  }

  @Test
  void listsWhatTheServerHasAndWhatItself() {
    assertThat(chat("/models").out()).contains("model     base", "adapters  pirate, terse");
    assertThat(chat("/help").out())
        .contains("/adapter", "/models", "/system", "/reset", "/help", "/quit");
  }

  @Test
  void whatDoesNotExistIsToldWithWhatDoes() {
    Ended ended = chat("/adapter nobody\n/sing\n");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err())
        .contains("there is no adapter 'nobody'; there are: pirate, terse", "no command /sing");
    assertThat(chat("", "--adapter", "nobody").err())
        .isEqualToIgnoringNewLines(
            "talchum: there is no adapter 'nobody'; there are: pirate, terse");
  }

  @Test
  void withoutServerItSaysHowToStartOne() {
    String url = server.url();
    server.close();
    Ended ended = chat("q");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err())
        .isEqualToIgnoringNewLines(
            "talchum: no server answers at %s; start one in another terminal: ./talchum serve (or name another by --url)"
                .formatted(url));
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    Ended ended = run(Map.of(), "", false, "--url", "here or there");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err()).contains("'here or there' is no address of a server");
  }

  @Test
  void theKeyIsTheOptionElseTheVariable() {
    server.wantedKey = "secret";
    Ended refused = chat("q");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("--api-key or in TALCHUM_API_KEY");
    server.answer("stop", "a");
    server.answer("stop", "b");
    assertThat(chat("q", "--api-key", "secret").out()).isEqualTo("a\n");
    assertThat(run(Map.of("TALCHUM_API_KEY", "secret"), "q", false, "--url", server.url()).out())
        .isEqualTo("b\n");
    assertThat(server.keys()).containsExactly("", "Bearer secret", "Bearer secret");
  }

  @Test
  void aRefusalIsShownAndTheChatGoesOn() {
    server.refuses(400, "{\"error\":{\"message\":\"the prompt is too long\"}}");
    server.refuses(502, "Bad gateway");
    server.events(
        StubChatServer.delta("content", "half"), "{\"error\":{\"message\":\"the engine failed\"}}");
    server.events(StubChatServer.delta("content", "cut"));
    server.answer("stop", "fine");
    Ended ended = chat("q0\nq1\nq2\nq3\nq4");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.out()).isEqualTo("half\ncut\nfine\n");
    assertThat(ended.err())
        .contains(
            "talchum: the prompt is too long",
            "talchum: the server answers 502: Bad gateway",
            "talchum: the engine failed",
            "closed the connection before the answer's end");
    assertThat(messages(4)).containsExactly("user: q4");
  }

  @Test
  void ctrlCStopsTheAnswerAndKeepsWhatCame() {
    server.hangs("One, two");
    whenPrinted = "One, two";
    server.answer("stop", "three");
    Ended ended = chat("Count!\nGo on!");
    assertThat(ended.out()).isEqualTo("One, two\nthree\n");
    assertThat(ended.err()).contains("stopped");
    assertThat(ended.exitCode()).isZero();
    assertThat(messages(1)).containsExactly("user: Count!", "assistant: One, two", "user: Go on!");
    assertThat(interrupts.stop()).as("nothing to stop: the program ends").isFalse();
  }

  @Test
  void anAnswerThatWasCutIsTold() {
    server.answer("length", "so lon");
    Ended ended = chat("q");
    assertThat(ended.out()).isEqualTo("so lon\n");
    assertThat(ended.err()).contains("cut at its longest length");
  }

  @Test
  void aPersonSeesAPromptAndThoughts() {
    String[] events = {
      StubChatServer.delta("reasoning_content", "Hmm"),
      StubChatServer.delta("reasoning_content", "."),
      StubChatServer.delta("content", "Yes."),
      "[DONE]"
    };
    server.events(events);
    Ended ended = run(Map.of(), "Is it?", true, "--url", server.url());
    assertThat(ended.out())
        .startsWith("base at " + server.url() + ". Adapters: pirate, terse.")
        .contains("base> \u001b[2mHmm.\u001b[0m\nYes.\nbase> ");
    server.events(events);
    assertThat(chat("Is it?").out()).isEqualTo("Yes.\n");
  }

  private record Ended(int exitCode, String out, String err) {}

  private Ended chat(String input, String... options) {
    String[] all =
        Stream.concat(Stream.of("--url", server.url()), Stream.of(options)).toArray(String[]::new);
    return run(Map.of(), input, false, all);
  }

  private Ended run(
      Map<String, String> environment, String input, boolean isTerminal, String... options) {
    StringWriter out =
        new StringWriter() {
          @Override
          public void flush() {
            if (getBuffer().indexOf(whenPrinted) >= 0) {
              whenPrinted = NEVER;
              assertThat(interrupts.stop()).isTrue();
            }
          }
        };
    StringWriter err = new StringWriter();
    ProcessEnvironment process =
        new ProcessEnvironment(
            new BufferedReader(new StringReader(input)),
            new PrintWriter(out),
            new PrintWriter(err),
            isTerminal,
            environment,
            Path.of("home"));
    ChatCommand command = new ChatCommand(process, interrupts);
    int exitCode = Talchum.execute(new CommandLine(command), process, options);
    return new Ended(exitCode, out.toString(), err.toString());
  }

  /** What a chat sent, each message as role and content. */
  private List<String> messages(int chat) {
    List<String> messages = new ArrayList<>();
    for (JsonNode message : server.asked().get(chat).get("messages")) {
      messages.add(message.get("role").asText() + ": " + message.get("content").asText());
    }
    return messages;
  }
}
