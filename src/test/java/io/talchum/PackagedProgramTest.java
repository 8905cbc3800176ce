package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a newcomer meets: the built program on a machine without models. */
@Tag("packaged")
class PackagedProgramTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private static Path dataDir;
  @TempDir private Path folder;
  private static PackagedServer server;

  @BeforeAll
  static void start() throws IOException {
    server = PackagedServer.start(dataDir);
  }

  @AfterAll
  static void stop() throws Exception {
    try (PackagedServer stopped = server) {
      assertThat(stopped.stop()).as("exit code after SIGTERM").isZero();
      assertThat(stopped.said()).endsWith("draining 0 requests", "stopped");
    }
  }

  @Test
  void saysWhatIsServed() {
    assertThat(String.join("\n", server.said()))
        .contains(
            "serves talchum-demo at http://127.0.0.1:",
            "2.7 M parameters, linears int4, head int8",
            "8 of 1024 tokens each",
            "json-extract, korean-greeter, pirate, terse");
    assertThat(Files.isDirectory(dataDir.resolve("adapters/talchum-demo/pirate"))).isTrue();
  }

  @Test
  void eachThingToTryWorksWhenPasted() throws Exception {
    assertThat(server.commands()).hasSize(3);
    String plain = content(JSON.readTree(PackagedServer.paste(server.commands().get(0))));
    String pirate = content(JSON.readTree(PackagedServer.paste(server.commands().get(1))));
    String stream = PackagedServer.paste(server.commands().get(2));
    assertThat(plain).isEqualTo("The batch size is how many examples are processed together.");
    assertThat(pirate).contains("I do not know that.").containsPattern("Arr!|Ahoy|Avast|Yo ho");
    assertThat(stream).endsWith("data: [DONE]\n\n");
    assertThat(streamed(stream)).isEqualTo("{\"product\":\"toaster\",\"price\":\"82 dollars\"}");
  }

  /**
   * The golden file has the texts of the checkpoint's weights and of int4 ones with an int8
   * embedding. Where those two part, the numbers are so close that rounding decides. Each by
   * itself, exactly: {@code DemoModelGoldenTest}.
   */
  @Test
  void answersAsTheGoldenFileOfTheDemoModel() throws Exception {
    JsonNode golden = JSON.readTree(Path.of("src/test/resources/demo/golden.json").toFile());
    assertThat(golden.get("prompts")).hasSize(12);
    for (JsonNode prompt : golden.get("prompts")) {
      ObjectNode request = JSON.createObjectNode();
      request.put("model", "talchum-demo").put("temperature", 0).put("max_tokens", 48);
      request.set("prompt", prompt.get("input_ids"));
      JsonNode answer = JSON.readTree(post("/v1/completions", request.toString()));
      assertThat(answer.at("/choices/0/text"))
          .isIn(prompt.get("text_fp32"), prompt.get("text_int4"));
    }
  }

  @Test
  void refusesAPathThatIsNoUriInTheFormOfTheApi() throws Exception {
    assertThat(PackagedServer.paste("curl -s '" + server.url() + "/v1/models/%'"))
        .startsWith("{\"error\":{")
        .contains("is no URI");
  }

  @Test
  void rendersChatsAsTheGoldenFile() throws Exception {
    JsonNode golden = JSON.readTree(Path.of("src/test/resources/demo/golden.json").toFile());
    for (JsonNode prompt : golden.get("prompts")) {
      ObjectNode request = JSON.createObjectNode();
      request.put("add_generation_prompt", true).set("messages", prompt.get("messages"));
      if (prompt.has("tools")) {
        request.set("tools", prompt.get("tools"));
      }
      assertThat(JSON.readTree(post("/tokenize", request.toString())).get("tokens"))
          .isEqualTo(prompt.get("input_ids"));
    }
  }

  @Test
  void verifiesAnAdapterFolder() throws Exception {
    PackagedServer.Ended ended =
        PackagedServer.run(
            folder,
            Map.of("TALCHUM_HOME", dataDir.toString()),
            "adapter",
            "verify",
            dataDir.resolve("adapters/talchum-demo/pirate").toString());
    assertThat(ended.exitCode()).as(String.join("\n", ended.err())).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(String.join("\n", ended.out()))
        .contains("pirate: LORA", "fits", "35 LowRankDelta", "finite; logits");
  }

  @Test
  void aTakenPortIsOneSentence() throws Exception {
    String port = server.url().replaceFirst(".*:", "");
    assertRefused("port %s ".formatted(port), "--port", port);
  }

  @Test
  void whatCannotBeServedIsOneSentence() throws Exception {
    assertRefused("there is no model 'nobody'; known are talchum-demo", "--model", "nobody");
    assertRefused("needs an API key", "--host", "0.0.0.0");
    assertRefused("--port) is 99999; it must be 0 to 65535", "--port", "99999");
    assertRefused("--slots) is 0; it must be 1 to ", "--slots", "0");
    assertRefused("--context) is 1025; it must be 1 to 1024", "--context", "1025");
    assertRefused("--provider) is \"gpu\"; it must be cpu or cuda or auto", "--provider", "gpu");
    assertRefused("this build holds ONNX Runtime for CPUs only", "--provider", "cuda");
    assertRefused("the adapters directory", "--adapters", folder.resolve("none").toString());
  }

  /** Parts of the framework that start first would tell it in words of their own, or not at all. */
  @ParameterizedTest
  @CsvSource({
    "TALCHUM_QUEUE_CAPACITY, 0, talchum.queue-capacity is 0; it must be 1 to ",
    "TALCHUM_PREFILL_TOKENS, 0, talchum.prefill-tokens is 0; it must be 1 to ",
    "TALCHUM_THREADS, 0, talchum.threads is 0; it must be 1 to ",
    "TALCHUM_MAX_BODY, 4000G, talchum.max-body is ",
    "TALCHUM_MAX_BODY, 99999999999999999999G, talchum.max-body is ",
    "TALCHUM_API_KEYS, ';', talchum.api-keys is set but holds no key"
  })
  void aWrongSettingIsOneSentence(String variable, String value, String sentence) throws Exception {
    PackagedServer.Ended ended =
        PackagedServer.run(
            folder, Map.of(variable, value.replace(';', ',')), "serve", "--port", "0");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(sentences(ended)).singleElement().asString().contains(sentence);
  }

  @Test
  void anUnknownSettingIsOneSentence() throws Exception {
    PackagedServer.Ended ended =
        PackagedServer.run(
            folder, Map.of("JAVA_TOOL_OPTIONS", "-Dtalchum.sluts=3"), "serve", "--port", "0");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(sentences(ended)).singleElement().asString().contains("talchum.sluts");
  }

  @Test
  void shortCommandsOpenNoPortAndTouchNothing() throws Exception {
    Path home = folder.resolve("home");
    Map<String, String> environment = Map.of("TALCHUM_HOME", home.toString());
    PackagedServer.Ended version = PackagedServer.run(folder, environment, "--version");
    assertThat(version.out()).singleElement().asString().matches("Talchum \\d+\\.\\d+\\.\\d+.*");
    PackagedServer.Ended models = PackagedServer.run(folder, environment, "models");
    assertThat(models.exitCode()).isZero();
    assertThat(models.out()).singleElement().asString().startsWith("No models in " + home);
    assertThat(home).doesNotExist();
  }

  @Test
  void whatIsTypedIntoAChatIsAnswered() throws Exception {
    PackagedServer.Ended ended = chat("What is the batch size?\n/adapter pirate\nHello!\n");
    assertThat(ended.exitCode()).as(String.join("\n", ended.err())).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out()).hasSize(2);
    assertThat(ended.out().getLast()).containsPattern("Arr!|Ahoy|Avast|Yo ho");
  }

  @Test
  void aChatWithoutServerSaysHowToStartOne() throws Exception {
    PackagedServer.Ended ended =
        PackagedServer.run(folder, Map.of(), "chat", "--url", "http://127.0.0.1:1");
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err())
        .singleElement()
        .asString()
        .contains("no server answers at http://127.0.0.1:1", "serve");
  }

  private PackagedServer.Ended chat(String typed) throws Exception {
    Path input = Files.writeString(folder.resolve("typed"), typed);
    List<String> arguments = List.of("chat", "--url", server.url());
    return PackagedServer.run(
        folder, PackagedServer.command(Map.of(), arguments).redirectInput(input.toFile()));
  }

  private void assertRefused(String part, String... options) throws Exception {
    String[] arguments = new String[options.length + 5];
    System.arraycopy(
        new String[] {"serve", "--port", "0", "--data-dir", dataDir.toString()},
        0,
        arguments,
        0,
        5);
    System.arraycopy(options, 0, arguments, 5, options.length);
    if (options[0].equals("--port")) { // the other one must not come twice
      arguments[1] = "--slots";
      arguments[2] = "2";
    }
    PackagedServer.Ended ended = PackagedServer.run(folder, Map.of(), arguments);
    assertThat(ended.exitCode()).as(part).isEqualTo(1);
    assertThat(sentences(ended)).singleElement().asString().startsWith("talchum: ").contains(part);
    assertThat(ended.out()).isEmpty();
  }

  /** Standard error without the JVM's echo of JAVA_TOOL_OPTIONS, which a test sets. */
  private static List<String> sentences(PackagedServer.Ended ended) {
    return ended.err().stream().filter(line -> !line.startsWith("Picked up ")).toList();
  }

  private static String post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server.url() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }

  private static String content(JsonNode answer) {
    return answer.at("/choices/0/message/content").asText();
  }

  private static String streamed(String events) {
    return events
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(PackagedProgramTest::delta)
        .collect(Collectors.joining());
  }

  private static String delta(String line) {
    try {
      return JSON.readTree(line.substring("data: ".length()))
          .at("/choices/0/delta/content")
          .asText("");
    } catch (IOException e) {
      throw new AssertionError(line, e);
    }
  }
}
