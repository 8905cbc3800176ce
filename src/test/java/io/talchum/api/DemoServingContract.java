package io.talchum.api;

import static io.talchum.api.Requests.chat;
import static io.talchum.api.Requests.tokens;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.core.Caller;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.core.PromptInput;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The contract over the real executor, and what only a real model can show. */
public abstract class DemoServingContract extends ServingContract {
  private static final String BASE = Served.DEMO.base();
  private static final List<String> MODELS =
      List.of(BASE, "pirate", "korean-greeter", "json-extract", "terse");
  private static final List<String> QUESTIONS =
      List.of(
          "What is the batch size?",
          "On 2022-10-17 we met Mail Biostein.",
          "What is LoRA?",
          "My name is Sora.",
          Served.DEMO.question());

  protected DemoServingContract() {
    super(Served.DEMO);
  }

  /** Where rounding decides nothing: see PackagedProgramTest. */
  @Test
  void answersAsTheGoldenFile() throws IOException {
    JsonNode golden =
        new JsonMapper().readTree(Path.of("src/test/resources/demo/golden.json").toFile());
    int compared = 0;
    for (JsonNode prompt : golden.get("prompts")) {
      String text = prompt.get("text_int4").asText();
      if (!text.equals(prompt.get("text_fp32").asText())) {
        continue;
      }
      List<Integer> ids = new ArrayList<>();
      prompt.get("input_ids").forEach(id -> ids.add(id.asInt()));
      assertThat(text(server().complete(completion(BASE, false, new PromptInput.Tokens(ids)))))
          .isEqualTo(text);
      compared++;
    }
    assertThat(compared).isEqualTo(10);
  }

  @Test
  void mixedAdaptersAnswerAsAlone() throws Exception {
    Map<ChatRequest, Transport.Answer> alone = new HashMap<>();
    for (String model : MODELS) {
      for (String question : QUESTIONS) {
        ChatRequest request = chat(model, question, tokens(40));
        alone.put(request, server().chat(request));
      }
    }
    assertThat(alone.values().stream().map(Transport.Answer::choices).distinct().count())
        .as("different answers")
        .isGreaterThan(15);
    List<Function<ChatRequest, Transport.Answer>> ways =
        List.of(server()::chat, server()::chatStream);
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Map<ChatRequest, List<Future<Transport.Answer>>> together = new HashMap<>();
      for (ChatRequest request : alone.keySet()) {
        for (Function<ChatRequest, Transport.Answer> way : ways) {
          together
              .computeIfAbsent(request, unused -> new ArrayList<>())
              .add(clients.submit(() -> way.apply(request)));
        }
      }
      for (Map.Entry<ChatRequest, List<Future<Transport.Answer>>> entry : together.entrySet()) {
        for (Future<Transport.Answer> answer : entry.getValue()) {
          assertThat(answer.get()).isEqualTo(alone.get(entry.getKey()));
        }
      }
    }
  }

  /** Adapters are what they contain: the same folder under another name says the same. */
  @Test
  void replacingUnderTrafficNeverMixesVersions() throws Exception {
    List<String> folders = List.of("pirate", "terse");
    Map<String, String> texts = new HashMap<>();
    for (String folder : folders) {
      Transport.Answer answer = server().chat(chat(folder, QUESTIONS.getFirst(), tokens(30)));
      texts.put(version(answer), text(answer));
    }
    assertThat(texts.values()).doesNotHaveDuplicates();
    server().loadAdapter("swapped", folders.getFirst(), false);
    ChatRequest request = chat("swapped", QUESTIONS.getFirst(), tokens(30));
    Map<String, Integer> seen = new HashMap<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 10; round++) {
        List<Future<Transport.Answer>> running = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          running.add(clients.submit(() -> server().chatStream(request)));
        }
        server().loadAdapter("swapped", folders.get((round + 1) % 2), true);
        for (Future<Transport.Answer> answer : running) {
          assertThat(text(answer.get())).isEqualTo(texts.get(version(answer.get())));
          seen.merge(version(answer.get()), 1, Integer::sum);
        }
      }
    }
    assertThat(seen.keySet()).isEqualTo(texts.keySet());
    server().unloadAdapter("swapped");
    assertRefused(
        () -> server().chat(request), ErrorCode.MODEL_NOT_FOUND, "'swapped' does not exist");
  }

  @Test
  void anUploadThatFailsItsSelfTestLeavesNothing() throws IOException {
    Map<String, byte[]> files = files(0);
    ByteBuffer tensors =
        ByteBuffer.wrap(files.get("adapter_model.safetensors")).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = Long.BYTES + (int) tensors.getLong(0); at < tensors.limit(); at += Float.BYTES) {
      tensors.putFloat(at, 1e30f);
    }
    assertRefused(
        () -> server().upload("loud", files, true),
        ErrorCode.INVALID_ADAPTER,
        "adapter 'loud' fails its self-test: the logits of ");
    assertThat(server().storedNames()).doesNotContain("loud");
  }

  @Test
  void aRunningRequestKeepsItsUnloadedAdapter() throws Exception {
    server().loadAdapter("leaving", "pirate", false);
    ChatRequest request = chat("leaving", Served.DEMO.question(), tokens(400).ignoreEos(true));
    Transport.Answer whole = server().chat(request);
    new EndedRequests(meters, engine).assertIdle();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Transport.Answer> running = clients.submit(() -> server().chatStream(request));
      awaitRunning();
      server().unloadAdapter("leaving");
      assertThat(running.get()).isEqualTo(whole);
    }
  }

  @Test
  void aBatchOfPromptsIsEachPromptAlone() {
    List<PromptInput> prompts = new ArrayList<>();
    List<Transport.Choice> alone = new ArrayList<>();
    for (String question : QUESTIONS) {
      PromptInput prompt =
          new PromptInput.Text(
              "<|im_start|>user\n%s<|im_end|>\n<|im_start|>assistant\n".formatted(question));
      prompts.add(prompt);
      alone.addAll(server().complete(completion("pirate", true, prompt)).choices());
      assertThat(alone.getLast().text()).contains("user\n" + question);
    }
    assertThat(
            server()
                .complete(completion("pirate", true, prompts.toArray(PromptInput[]::new)))
                .choices())
        .isEqualTo(alone);
  }

  @Test
  void hostileAdaptersAreRefusedWhileItServesOn() {
    ChatRequest request = chat("pirate", QUESTIONS.getFirst(), tokens(30));
    Transport.Answer before = server().chat(request);
    List<Transport.Model> models = server().models();
    int refused = 0;
    for (JsonNode hostile : Fixtures.json("adapters/hostile/manifest.json").get("cases")) {
      String folder = "hostile/" + hostile.get("path").asText();
      assertRefused(
          () -> server().loadAdapter("hostile", folder, false), ErrorCode.INVALID_ADAPTER, "");
      refused++;
    }
    assertThat(refused).isGreaterThan(50);
    assertThat(server().models()).isEqualTo(models);
    assertThat(server().chat(request)).isEqualTo(before);
  }

  private static CompletionRequest completion(String model, boolean echo, PromptInput... prompts) {
    return new CompletionRequest(
        model, List.of(prompts), tokens(48).build(), 1, echo, Caller.ANONYMOUS);
  }

  private static String text(Transport.Answer answer) {
    return answer.choices().getFirst().text();
  }

  private static String version(Transport.Answer answer) {
    return answer.adapter().replaceFirst(".*@", "");
  }
}
