package io.talchum.api;

import static io.talchum.api.Requests.chat;
import static io.talchum.api.Requests.completion;
import static io.talchum.api.Requests.mixed;
import static io.talchum.api.Requests.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterReader;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.Conditions;
import io.talchum.adapter.LowRankDelta;
import io.talchum.adapter.ResidentInfo;
import io.talchum.adapter.SoftPrompt;
import io.talchum.adapter.store.AdapterCard;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.conditioning.SamplingLimits;
import io.talchum.core.ChatRequest;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.PromptInput;
import io.talchum.core.ServeException;
import io.talchum.core.TemplateOptions;
import io.talchum.core.WeightedAdapter;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineConfig;
import io.talchum.engine.EngineListener;
import io.talchum.service.AdapterCards;
import io.talchum.service.AdapterService;
import io.talchum.service.ChatService;
import io.talchum.service.CompletionService;
import io.talchum.service.Generation;
import io.talchum.service.GenerationStarter;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.ModelService;
import io.talchum.service.Recorder;
import io.talchum.service.RequestIds;
import io.talchum.service.ServiceLimits;
import io.talchum.service.StoredAdapters;
import io.talchum.wiring.OpenedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request is checked before its adapter is loaded: a bad one reads and evicts nothing. */
class ColdAdapterTest {
  private static final int CONTEXT = 64;
  private static final int VIRTUAL = 5;
  private static final long EACH = Long.BYTES; // LetterExecutor
  private static final String FILE = AdapterDirectory.CONFIG;

  @TempDir Path temp;
  private final AtomicInteger reads = new AtomicInteger();
  private volatile Runnable onRead = () -> {};
  private final OpenedModel model = LetterModel.opened(2, CONTEXT);
  private Engine engine;
  private AdapterStore store;
  private AdapterCache cache;
  private ChatService chat;
  private CompletionService completion;
  private AdapterService adapters;

  /** An adapter is the text of its file; what begins with soft takes positions of the context. */
  private AdapterContent read(Path folder) {
    reads.incrementAndGet();
    onRead.run();
    try {
      String text = Files.readString(folder.resolve(FILE));
      MessageDigest digest = ContentHash.newDigest();
      digest.update(text.getBytes(StandardCharsets.UTF_8));
      AdapterWeights weights =
          text.startsWith("soft")
              ? AdapterWeights.of(new SoftPrompt(VIRTUAL, new float[VIRTUAL * 64]))
              : AdapterWeights.of(
                  new LowRankDelta(0, Linear.Q, 1, text.length(), new float[1], new float[0]));
      AdapterContent content =
          new AdapterContent("LORA", ContentHash.of(digest), "folder", 1, 1, 1, EACH, weights);
      return text.startsWith("many") ? content.withVariants(List.of(weights, weights)) : content;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void open() throws IOException {
    Path folders = Files.createDirectories(temp.resolve("adapters"));
    InstantSource clock = InstantSource.system();
    AdapterReader reader = this::read;
    engine =
        Engine.start(
            model.executor(),
            model.served().tokenizer(),
            new EngineConfig(Set.of(), 10, 32, 64),
            clock,
            new EngineListener() {});
    store =
        AdapterStore.open(
            temp.resolve("store"),
            new AdapterStore.Base(
                LetterModel.NAME,
                model.served().version(),
                reader,
                model.executor()::prepare,
                AdapterSelfTest.NONE),
            clock);
    cache =
        new AdapterCache(
            model.executor()::prepare,
            new AdapterCache.Limits(2 * EACH, 10),
            clock,
            AdapterCacheListener.NONE);
    AdapterCards cards =
        new AdapterCards(
            cache, SelfTestStore.open(temp.resolve("tests"), model.served().version()));
    AdapterRegistry registry =
        new AdapterRegistry(Set.of(), reader, AdapterSelfTest.NONE, cache, clock);
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    StoredAdapters stored =
        new StoredAdapters(
            LetterModel.NAME,
            new StoreSource(store, AdapterSelfTest.NONE),
            cache,
            registry,
            cards,
            1 << 20);
    ConditioningPipeline conditioning =
        new ConditioningPipeline(model.served(), SamplingLimits.DEFAULT, random);
    ServiceLimits limits = new ServiceLimits(4, 4, null);
    GenerationStarter starter =
        GenerationStarter.over(
            engine,
            model.served().tokenizer(),
            cache,
            new RequestIds(clock, random),
            clock,
            limits,
            overhead -> {},
            Recorder.none());
    ModelService models = new ModelService(model.served(), registry, stored);
    chat = new ChatService(models, conditioning, starter, limits);
    completion = new CompletionService(models, conditioning, starter, limits);
    adapters =
        new AdapterService(
            LetterModel.NAME, registry, new AdapterDirectory(List.of(folders)), stored, cards);
    for (String name : List.of("warm", "warmer", "cold", "soft", "many")) {
      put(name);
    }
    answer(chat("warm", "ab", tokens(2)));
    answer(chat("warmer", "ab", tokens(2)));
    reads.set(0);
  }

  @AfterEach
  void close() {
    assertThat(engine.drain(Duration.ofSeconds(10))).isTrue();
    cache.close();
    store.close();
  }

  private void put(String name) {
    try {
      Path folder = Files.createDirectories(temp.resolve("made").resolve(name));
      Files.writeString(folder.resolve(FILE), name);
      AdapterCard unused = store.put(name, folder, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(ChatRequest request) {
    try (Generation generation = chat.chat(request)) {
      assertThat(generation.await()).hasSize(request.choices());
    }
  }

  private void assertRefusedUntouched(ThrowingCallable call, ErrorCode code, String message) {
    ServeException refusal = catchThrowableOfType(ServeException.class, call);
    assertThat(refusal).hasMessageContaining(message);
    assertThat(refusal.code()).isEqualTo(code);
    assertThat(reads).as(message).hasValue(0);
    assertThat(cache.residents())
        .as(message)
        .extracting(info -> info.id().name())
        .containsExactlyInAnyOrder("warm", "warmer");
  }

  private void assertChatRefused(ChatRequest request, ErrorCode code, String message) {
    assertRefusedUntouched(() -> chat.chat(request), code, message);
  }

  @Test
  void samplingIsCheckedFirst() {
    assertChatRefused(
        chat("cold", "ab", tokens(2).temperature(9f)), ErrorCode.INVALID_REQUEST, "temperature 9");
    assertChatRefused(
        chat("cold", "ab", tokens(2).stopTokenIds(List.of(999))),
        ErrorCode.INVALID_REQUEST,
        "token 999");
    assertChatRefused(chat("cold", "ab", tokens(2), 5), ErrorCode.INVALID_REQUEST, "n 5");
    assertRefusedUntouched(
        () ->
            completion.complete(completion("cold", tokens(2).minP(7f), new PromptInput.Text("ab"))),
        ErrorCode.INVALID_REQUEST,
        "min_p 7");
  }

  @Test
  void theContextIsCheckedFirst() {
    assertChatRefused(
        chat("cold", "a".repeat(CONTEXT), tokens(2)),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "the context holds 64");
    assertChatRefused(
        chat("cold", "a".repeat(100 * CONTEXT), tokens(2)),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "cannot fit the context");
    assertChatRefused(
        chat("cold", "ab", tokens(CONTEXT)), ErrorCode.CONTEXT_LENGTH_EXCEEDED, "max_tokens 64");
  }

  @Test
  void theAdaptersOwnTokensAreKnownWithoutLoadingIt() {
    String prompt = "a".repeat(20);
    PromptInput input = new PromptInput.Text(prompt);
    assertRefusedUntouched(
        () -> completion.complete(completion("soft", tokens(CONTEXT - 20), input)),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "adapter 5; lower max_tokens to 39");
    try (Generation fits = completion.complete(completion("soft", tokens(CONTEXT - 25), input))) {
      assertThat(fits.await()).hasSize(1);
    }
    assertThat(reads).hasValue(1);
  }

  @Test
  void theTemplateIsRenderedFirst() {
    ChatRequest good = chat("cold", "ab", tokens(2));
    for (Map<String, Object> variables :
        List.of(Map.<String, Object>of("unread", 1), Map.<String, Object>of("messages", 1))) {
      assertChatRefused(
          new ChatRequest(
              good.model(),
              good.messages(),
              new TemplateOptions(true, false, variables),
              good.sampling(),
              1,
              good.caller()),
          ErrorCode.INVALID_REQUEST,
          variables.keySet().iterator().next());
    }
    assertChatRefused(
        new ChatRequest(
            good.model(), List.of(), good.template(), good.sampling(), 1, good.caller()),
        ErrorCode.INVALID_REQUEST,
        "messages is empty");
  }

  @Test
  void namesVersionsAndVariantsAreCheckedFirst() {
    assertChatRefused(
        chat("nobody", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "known are letters, cold");
    assertChatRefused(
        chat("cold@00000000", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "current version is");
    assertChatRefused(
        chat("cold@0", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "8 to 64 lower-case");
    assertChatRefused(
        chat("cold:0", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "has no variants");
    assertChatRefused(
        chat("many", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "ask for many:0 to many:1");
    assertChatRefused(
        chat("letters:0", "ab", tokens(2)), ErrorCode.MODEL_NOT_FOUND, "does not exist here");
    assertChatRefused(
        mixed("ab", tokens(2), new WeightedAdapter("cold", 1), new WeightedAdapter("nobody", 1)),
        ErrorCode.MODEL_NOT_FOUND,
        "'nobody' does not exist");
  }

  /** What does not mix is known when it is read; nobody has made room for it by then. */
  @Test
  void aMixThatCannotBeMadeEvictsNobody() {
    ServeException refusal =
        catchThrowableOfType(
            ServeException.class,
            () -> {
              try (Generation unused =
                  chat.chat(mixed("ab", tokens(2), new WeightedAdapter("soft", 1)))) {
                throw new AssertionError("was taken");
              }
            });
    assertThat(refusal).hasMessageContaining("does not mix");
    assertThat(cache.residents())
        .extracting(info -> info.id().name())
        .containsExactlyInAnyOrder("warm", "warmer");
  }

  /** A request that waits for a version gets the one that has replaced it. */
  @Test
  void aFolderThatIsReplacedWhileItIsReadIsLookedUpAgain() throws Exception {
    Path folder = Files.createDirectories(temp.resolve("adapters").resolve("folder"));
    Files.writeString(folder.resolve(FILE), "first");
    LoadedAdapter first = adapters.load("f", "folder", null, false);
    cache.drop(new AdapterId("f", first.version()));
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch replaced = new CountDownLatch(1);
    onRead =
        () -> {
          reading.countDown();
          Conditions.await(replaced);
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Generation> asked = threads.submit(() -> chat.chat(chat("f", "ab", tokens(2))));
      Conditions.await(reading);
      onRead = () -> {};
      Files.writeString(folder.resolve(FILE), "second");
      LoadedAdapter second = adapters.load("f", "folder", null, true);
      replaced.countDown();
      try (Generation generation = asked.get(60, TimeUnit.SECONDS)) {
        assertThat(generation.versions().adapterVersion()).isEqualTo(second.version());
        assertThat(generation.await()).hasSize(1);
      }
    }
  }

  @Test
  void aGoodRequestLoadsItsAdapterLast() {
    answer(chat("cold", "ab", tokens(2)));
    assertThat(reads).hasValue(1);
    assertThat(cache.residents().stream().map(ResidentInfo::id).map(id -> id.name()))
        .containsExactlyInAnyOrder("warmer", "cold");
    try (Generation second = chat.chat(chat("many:1", "ab", tokens(2)))) {
      String exact = second.versions().exactName();
      assertThat(exact).startsWith("many:1@");
      assertThat(second.await()).hasSize(1);
      try (Generation again = chat.chat(chat(exact, "ab", tokens(2)))) {
        assertThat(again.versions()).isEqualTo(second.versions());
      }
    }
  }
}
