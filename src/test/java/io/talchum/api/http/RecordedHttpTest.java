package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.talchum.api.RecordingProfile;
import io.talchum.core.ErrorCode;
import io.talchum.core.Interaction;
import io.talchum.service.MemoryRecorder;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The end of an answer leaves when it is recorded, and not before. */
@QuarkusTest
@TestProfile(RecordingProfile.class)
class RecordedHttpTest {
  @TestHTTPResource("/v1/completions")
  @Nullable URI completions;

  @Inject @Nullable MemoryRecorder recorder;

  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeEach
  void hold() {
    recorder().clear();
    recorder().hold(true);
  }

  @AfterEach
  void open() {
    recorder().hold(false);
  }

  @Test
  void aWholeAnswerWaits() throws Exception {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(
            request("\"n\":2,\"user\":\"ann\",\"metadata\":{\"topic\":\"t\"}"),
            HttpResponse.BodyHandlers.ofString());
    MemoryRecorder.Handed handed = recorder().next();
    CompletableFuture<Boolean> kept = answer.thenApply(response -> handed.word().isDone());
    assertOthersAreAnswered();
    Interaction interaction = handed.interaction();
    assertThat(interaction.choices()).hasSize(2);
    assertThat(interaction.tags().user()).isEqualTo(Optional.of("ann"));
    assertThat(interaction.tags().metadata()).isEqualTo(Map.of("topic", "t"));
    handed.word().complete(null);
    assertThat(kept.get(60, TimeUnit.SECONDS)).isTrue();
    assertThat(answer.join().statusCode()).isEqualTo(200);
    assertThat(answer.join().body())
        .contains(interaction.id())
        .contains("\"logprobs\":null"); // they were computed, but not asked for
  }

  @Test
  void theLastEventOfAStreamWaits() throws Exception {
    HttpResponse<InputStream> stream =
        client.send(request("\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
    MemoryRecorder.Handed handed = recorder().next();
    try (BufferedReader lines = reader(stream)) {
      for (int delta = 0; delta < 3; delta++) {
        assertThat(nextEvent(lines)).contains("\"finish_reason\":null");
      }
      CompletableFuture<Boolean> kept =
          CompletableFuture.supplyAsync(
              () -> {
                assertThat(nextEvent(lines)).contains("\"finish_reason\":\"length\"");
                return handed.word().isDone();
              });
      assertOthersAreAnswered();
      handed.word().complete(null);
      assertThat(kept.get(60, TimeUnit.SECONDS)).isTrue();
      assertThat(nextEvent(lines)).isEqualTo("data: [DONE]");
    }
  }

  @Test
  void aFailureOfTheRecorderIsTheAnswer() throws Exception {
    CompletableFuture<HttpResponse<String>> answer =
        client.sendAsync(request("\"n\":1"), HttpResponse.BodyHandlers.ofString());
    recorder().next().word().completeExceptionally(new IOException("disk full"));
    HttpResponse<String> response = answer.get(60, TimeUnit.SECONDS);
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("could not be recorded").contains("disk full");
  }

  @Test
  void aFailureOfTheRecorderEndsTheStream() throws Exception {
    HttpResponse<InputStream> stream =
        client.send(request("\"stream\":true"), HttpResponse.BodyHandlers.ofInputStream());
    recorder().next().word().completeExceptionally(new IOException("disk full"));
    try (BufferedReader lines = reader(stream)) {
      for (int delta = 0; delta < 3; delta++) {
        assertThat(nextEvent(lines)).contains("\"finish_reason\":null");
      }
      assertThat(nextEvent(lines)).startsWith("data: {\"error\":").contains("disk full");
    }
  }

  @Test
  void anAbandonedStreamIsRecordedToo() throws Exception {
    HttpResponse<InputStream> stream =
        client.send(
            request("\"stream\":true,\"max_tokens\":480,\"ignore_eos\":true", 0),
            HttpResponse.BodyHandlers.ofInputStream());
    stream.body().close();
    Interaction interaction = recorder().next().interaction();
    assertThat(interaction.choices().getFirst().ending())
        .isEqualTo(new Interaction.Ending.Failed(ErrorCode.CANCELLED));
  }

  private void assertOthersAreAnswered() throws Exception {
    recorder().hold(false);
    HttpResponse<String> other =
        client
            .sendAsync(request("\"n\":1"), HttpResponse.BodyHandlers.ofString())
            .get(60, TimeUnit.SECONDS);
    assertThat(other.statusCode()).isEqualTo(200);
  }

  private static BufferedReader reader(HttpResponse<InputStream> stream) {
    return new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8));
  }

  private static String nextEvent(BufferedReader lines) {
    try {
      String line = lines.readLine();
      lines.readLine(); // an empty one
      return String.valueOf(line);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private HttpRequest request(String fields) {
    return request(fields, 3);
  }

  private HttpRequest request(String fields, int tokens) {
    String most = tokens == 0 ? "" : "\"max_tokens\":" + tokens + ",";
    return HttpRequest.newBuilder(Objects.requireNonNull(completions))
        .version(HttpClient.Version.HTTP_1_1)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"hi\"," + most + fields + "}"))
        .build();
  }

  private MemoryRecorder recorder() {
    return Objects.requireNonNull(recorder);
  }
}
