package io.talchum.api;

import static io.talchum.api.Requests.chat;
import static io.talchum.api.Requests.mixed;
import static io.talchum.api.Requests.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.MixPart;
import io.talchum.core.Caller;
import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.PromptInput;
import io.talchum.core.WeightedAdapter;
import io.talchum.service.MixRequest;
import io.talchum.weights.safetensors.SafetensorsOutput;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mixes, over every transport, as one adapter of the start and one of the store. */
public abstract class MixContract {
  private static final Served SERVED = Served.LETTERS;
  private static final String STORED = "mixed-in";

  @Inject AdapterDirectory adapterFolders;
  @Inject AdapterCache adapterCache;

  private Transport server;

  /** A client of the running server. */
  protected abstract Transport connect();

  @BeforeEach
  void open() throws IOException {
    server = connect();
    Transport.Stored unused = server.upload(STORED, files(0), true);
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void answersNameTheVersionsAndWeights() {
    Transport.Answer answer = server.chat(ask(half(), third()));
    String stored = STORED + "@" + server.stored(STORED).current().substring(0, 12);
    assertThat(answer.adapter()).matches("0.5\\*lora_qv@[0-9a-f]{12}\\+-0.3\\*" + stored);
    assertThat(answer.base()).startsWith(SERVED.base() + "@");
    assertThat(server.chatStream(ask(half(), third())).choices()).isEqualTo(answer.choices());
    assertThat(server.chat(ask(third(), half())).choices()).isEqualTo(answer.choices());
  }

  @Test
  void weightsAndPartsMakeAnotherAnswer() {
    List<Transport.Choice> mix = server.chat(ask(half(), third())).choices();
    assertThat(mix).isNotEqualTo(server.chat(ask(half())).choices());
    assertThat(mix)
        .isNotEqualTo(server.chat(ask(half(), new WeightedAdapter(STORED, 0.3))).choices());
    assertThat(mix)
        .isNotEqualTo(server.chat(chat(SERVED.base(), SERVED.question(), tokens(20))).choices());
  }

  @Test
  void completionsMixToo() {
    CompletionRequest request =
        new CompletionRequest(
            SERVED.base(),
            List.of(half(), third()),
            List.of(new PromptInput.Text(SERVED.text())),
            tokens(20).build(),
            1,
            false,
            Caller.ANONYMOUS);
    Transport.Answer answer = server.complete(request);
    assertThat(answer.adapter()).startsWith("0.5*lora_qv@").contains("+-0.3*" + STORED);
  }

  /** Keys and values of one mix are no other's, nor an adapter's alone. */
  @Test
  void prefixesOfOtherMixesAreNotReused() {
    String shared =
        new SplittableRandom()
            .ints(100, 'a', 'z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    assertThat(server.chat(mixed(shared + "a", tokens(1), half(), third())).cachedTokens())
        .isZero();
    assertThat(server.chat(mixed(shared + "b", tokens(1), third(), half())).cachedTokens())
        .isGreaterThanOrEqualTo(32);
    WeightedAdapter other = new WeightedAdapter(STORED, -0.31);
    assertThat(server.chat(mixed(shared + "c", tokens(1), half(), other)).cachedTokens()).isZero();
    assertThat(server.chat(mixed(shared + "d", tokens(1), third())).cachedTokens()).isZero();
    assertThat(server.chat(chat(STORED, shared + "e", tokens(1))).cachedTokens()).isZero();
  }

  /** A resident mix is not made again, and its parts are not deleted under a request. */
  @Test
  void aRequestHoldsThePartsOfItsMix() {
    Transport.Answer unused = server.chat(ask(third()));
    AdapterId part = new AdapterId(STORED, new ContentHash(server.stored(STORED).current()));
    AdapterMix again =
        new AdapterMix(
            List.of(
                new MixPart(
                    part,
                    third().weight(),
                    () -> {
                      throw new AssertionError("read again");
                    },
                    () -> 0)));
    try (AdapterLease lease = adapterCache.acquire(again, again.id(), OptionalInt.empty(), null)) {
      Transport.Refused refused =
          catchThrowableOfType(
              Transport.Refused.class, () -> server.deleteStored(STORED, "", false));
      assertThat(refused.code()).isEqualTo(ErrorCode.ADAPTER_IN_USE);
      server.deleteStored(STORED, "", true);
      assertThat(lease.resident().residentBytes()).isPositive();
    }
    assertThat(adapterCache.resident(again.id())).isNull();
  }

  /** Each answer is that of the versions that it names. */
  @Test
  void replacingAPartUnderLoadNeverMixesVersions() throws Exception {
    Map<String, List<Transport.Choice>> known = new ConcurrentHashMap<>();
    AtomicInteger wrong = new AtomicInteger();
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < 4; client++) {
        running.add(
            clients.submit(
                () -> {
                  while (!done.get()) {
                    Transport.Answer answer = server.chat(ask(half(), third()));
                    List<Transport.Choice> before =
                        known.putIfAbsent(answer.adapter(), answer.choices());
                    if (before != null && !before.equals(answer.choices())) {
                      wrong.incrementAndGet();
                    }
                  }
                }));
      }
      for (int i = 0; i < 20; i++) {
        Transport.Stored unused = server.upload(STORED, files(i % 2), true);
        Transport.Answer answer = server.chat(ask(half(), third()));
        assertThat(answer.adapter()).contains(unused.current().substring(0, 12));
      }
      done.set(true);
      for (Future<?> each : running) {
        Object unused = each.get();
      }
    }
    assertThat(wrong).hasValue(0);
    assertThat(known).hasSize(2);
    assertThat(Set.copyOf(known.values())).hasSize(2);
  }

  @Test
  void anUploadMakesAnotherMix() throws IOException {
    Transport.Answer before = server.chat(ask(half(), third()));
    String first = server.stored(STORED).current();
    assertThat(server.upload(STORED, files(1), true).current()).isNotEqualTo(first);
    Transport.Answer after = server.chat(ask(half(), third()));
    assertThat(after.adapter()).isNotEqualTo(before.adapter());
    assertThat(after.choices()).isNotEqualTo(before.choices());
    WeightedAdapter old = new WeightedAdapter(STORED + "@" + first, -0.3);
    assertThat(server.chat(ask(half(), old))).isEqualTo(before);
    server.deleteStored(STORED, "", true);
    assertRefused(
        ask(half(), third()), ErrorCode.MODEL_NOT_FOUND, "'" + STORED + "' does not exist");
  }

  @Test
  void keepsACombinationAsAVersion() {
    List<WeightedAdapter> parts = List.of(half(), new WeightedAdapter(SERVED.adapter(), 1));
    assertMixRefused(parts, "cat", null, null, "twice");
    Transport.Stored saved = server.mix(request(List.of(half(), third()), "cat", null, null));
    assertThat(saved.actions()).contains("added");
    Transport.Answer answer = server.chat(chat("blend", SERVED.question(), tokens(20)));
    assertThat(answer.adapter()).startsWith("blend@" + saved.current().substring(0, 12));
    assertThat(server.mix(request(List.of(half(), third()), "cat", null, null)).versions())
        .isEqualTo(saved.versions());
    Transport.Stored scaled = server.mix(request(List.of(half()), "linear", null, null));
    assertThat(scaled.versions()).hasSize(2).endsWith(scaled.current());
    server.deleteStored("blend", "", true);
  }

  @Test
  void refusesCombinationsByName() {
    List<WeightedAdapter> both = List.of(half(), third());
    assertMixRefused(both, "svd", null, null, "combination_type 'svd'");
    assertMixRefused(both, "ties", null, null, "density is missing");
    assertMixRefused(both, "ties", 2.0, null, "density 2.0");
    assertMixRefused(both, "dare_linear", 0.5, null, "seed is missing");
    assertMixRefused(both, "ties", 0.5, null, "rank");
    assertMixRefused(List.of(), "cat", null, null, "adapters is empty");
    assertThat(server.storedNames()).doesNotContain("blend");
  }

  private void assertMixRefused(
      List<WeightedAdapter> parts,
      String type,
      @Nullable Double density,
      @Nullable Long seed,
      String message) {
    Transport.Refused refused =
        catchThrowableOfType(
            Transport.Refused.class, () -> server.mix(request(parts, type, density, seed)));
    assertThat(refused).hasMessageContaining(message);
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  private static MixRequest request(
      List<WeightedAdapter> parts, String type, @Nullable Double density, @Nullable Long seed) {
    return new MixRequest("blend", parts, type, density, null, seed, true);
  }

  @Test
  void refusesByName() {
    assertRefused(
        ask(half(), new WeightedAdapter("nobody", 1)),
        ErrorCode.MODEL_NOT_FOUND,
        "'nobody' does not exist");
    assertRefused(
        ask(new WeightedAdapter(SERVED.base(), 1)), ErrorCode.INVALID_REQUEST, "is the base");
    assertRefused(ask(half(), half()), ErrorCode.INVALID_REQUEST, "twice");
    assertRefused(
        ask(new WeightedAdapter(STORED, 101)), ErrorCode.INVALID_REQUEST, "adapters[0].weight 101");
    assertRefused(
        ask(Collections.nCopies(9, half()).toArray(WeightedAdapter[]::new)),
        ErrorCode.INVALID_REQUEST,
        "9 entries");
    ChatRequest both = ask(half());
    assertRefused(
        new ChatRequest(
            SERVED.adapter(),
            both.adapters(),
            both.messages(),
            both.template(),
            both.sampling(),
            1,
            Caller.ANONYMOUS),
        ErrorCode.INVALID_REQUEST,
        "model 'lora_qv' is an adapter");
  }

  @Test
  void whatDoesNotMixIsRefusedByName() {
    ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    SafetensorsOutput.write(
        List.of(new SafetensorsOutput.Tensor("prompt_embeddings", 2, 64, new float[128])),
        Map.of(),
        tensors::write);
    String config = "{\"peft_type\":\"PROMPT_TUNING\",\"num_virtual_tokens\":2}";
    Transport.Stored unused =
        server.upload(
            "soft",
            Map.of(
                "adapter_config.json",
                config.getBytes(StandardCharsets.UTF_8),
                "adapter_model.safetensors",
                tensors.toByteArray()),
            true);
    WeightedAdapter soft = new WeightedAdapter("soft", 1);
    assertRefused(
        ask(half(), soft),
        ErrorCode.INVALID_REQUEST,
        "does not mix: it changes the model by SoftPrompt");
    assertMixRefused(List.of(soft), "cat", null, null, "adapter soft@");
    server.deleteStored("soft", "", true);
  }

  private void assertRefused(ChatRequest request, ErrorCode code, String message) {
    Transport.Refused refused =
        catchThrowableOfType(Transport.Refused.class, () -> server.chat(request));
    assertThat(refused).hasMessageContaining(message);
    assertThat(refused.code()).isEqualTo(code);
  }

  private static WeightedAdapter half() {
    return new WeightedAdapter(SERVED.adapter(), 0.5);
  }

  private static WeightedAdapter third() {
    return new WeightedAdapter(STORED, -0.3);
  }

  private static ChatRequest ask(WeightedAdapter... adapters) {
    return mixed(SERVED.question(), tokens(20), adapters);
  }

  private Map<String, byte[]> files(int folder) throws IOException {
    Path source = adapterFolders.resolve(SERVED.folders().get(folder));
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      files.put(name, Files.readAllBytes(source.resolve(name)));
    }
    return files;
  }
}
