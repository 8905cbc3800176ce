package io.talchum.api;

import static io.talchum.api.Requests.chat;
import static io.talchum.api.Requests.completion;
import static io.talchum.api.Requests.tokens;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.core.Caller;
import io.talchum.core.ChatRequest;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.PromptInput;
import io.talchum.core.SamplingRequest;
import io.talchum.core.TemplateOptions;
import io.talchum.engine.Engine;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every transport must do over every model; each runs it as a @QuarkusTest over {@link
 * LetterModel} and over the embedded model.
 */
public abstract class ServingContract {
  @Inject Engine engine;
  @Inject MeterRegistry meters;
  @Inject protected AdapterDirectory adapterFolders;
  @Inject AdapterCache adapterCache;
  @Inject AdapterStore adapterStore;

  private final Served served;
  private Transport server;

  ServingContract(Served served) {
    this.served = served;
  }

  /** A client of the running server. */
  protected abstract Transport connect();

  @BeforeEach
  void open() {
    server = connect();
  }

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void answersAndCountsTokens() {
    Transport.Answer answer = server.chat(ask(served.base(), tokens(5)));
    assertThat(answer.choices()).hasSize(1);
    assertThat(answer.choices().getFirst().text()).isNotEmpty();
    assertThat(answer.choices().getFirst().finishReason()).isEqualTo("length");
    assertThat(answer.promptTokens()).isEqualTo(served.promptTokens());
    assertThat(answer.completionTokens()).isEqualTo(5);
  }

  @Test
  void streamJoinedIsTheWholeAnswer() {
    ChatRequest request = ask(served.base(), tokens(40));
    assertThat(server.chatStream(request)).isEqualTo(server.chat(request));
  }

  @Test
  void streamsSeveralChoices() {
    ChatRequest request = ask(served.base(), tokens(20).temperature(1f).seed(5L), 3);
    Transport.Answer answer = server.chat(request);
    assertThat(answer.choices()).hasSize(3);
    assertThat(answer.choices().get(0)).isNotEqualTo(answer.choices().get(1));
    assertThat(server.chatStream(request)).isEqualTo(answer);
  }

  @Test
  void moreChoicesDoNotChangeTheFirst() {
    SamplingRequest.Builder sampling = tokens(20).temperature(1f).seed(7L);
    assertThat(server.chat(ask(served.base(), sampling, 3)).choices().getFirst())
        .isEqualTo(server.chat(ask(served.base(), sampling)).choices().getFirst());
  }

  /** Tokens are counted as cached if an earlier request read them, not one of the same request. */
  @Test
  void aBeginningThatWasReadBeforeIsCounted() {
    String shared =
        new SplittableRandom()
            .ints(200, 'a', 'z' + 1)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    ChatRequest first = chat(served.base(), shared + " a", tokens(2).temperature(1f), 3);
    assertThat(server.chat(first).cachedTokens()).isZero();
    ChatRequest second = chat(served.base(), shared + " b", tokens(2));
    Transport.Answer answer = server.chat(second);
    assertThat(answer.cachedTokens()).isBetween(32, answer.promptTokens() - 2);
    assertThat(answer.cachedTokens() % 32).isZero();
    assertThat(server.chatStream(second).cachedTokens())
        .isGreaterThanOrEqualTo(answer.cachedTokens());
    assertThat(server.chat(chat(served.adapter(), shared + " b", tokens(2))).cachedTokens())
        .isZero();
  }

  @Test
  void cutsAtAStopString() {
    String whole = server.chat(ask(served.base(), tokens(12))).choices().getFirst().text();
    String stop = whole.substring(5, 7);
    Transport.Choice choice =
        server.chat(ask(served.base(), tokens(12).stopStrings(List.of(stop)))).choices().getFirst();
    assertThat(choice.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(choice.finishReason()).isEqualTo("stop");
  }

  @Test
  void adaptersAreChosenByNameAndNamedInTheAnswer() {
    Transport.Answer base = server.chat(ask(served.base(), tokens(20)));
    Transport.Answer adapted = server.chat(ask(served.adapter(), tokens(20)));
    assertThat(adapted.choices()).isNotEqualTo(base.choices());
    assertThat(base.adapter()).isEmpty();
    assertThat(adapted.base()).isEqualTo(base.base()).startsWith(served.base() + "@");
    assertThat(adapted.adapter()).startsWith(served.adapter() + "@");
    assertThat(server.chat(ask(adapted.adapter(), tokens(20)))).isEqualTo(adapted);
  }

  @Test
  void completesTextAndTokensAlike() {
    Transport.Answer answer =
        server.complete(
            completion(
                served.base(),
                tokens(8),
                new PromptInput.Text(served.text()),
                new PromptInput.Tokens(served.tokenIds())));
    assertThat(answer.choices()).hasSize(2);
    assertThat(answer.choices().get(0)).isEqualTo(answer.choices().get(1));
    assertThat(answer.promptTokens()).isEqualTo(2 * served.tokenIds().size());
  }

  @Test
  void reportsLogprobs() {
    Transport.Choice choice =
        server
            .chat(ask(served.base(), tokens(4).logprobs(true).topLogprobs(2)))
            .choices()
            .getFirst();
    assertThat(choice.logprobs()).hasSize(4).allMatch(logprob -> logprob < 0);
  }

  @Test
  void listsTheBaseAndItsAdapters() {
    List<Transport.Model> models = server.models();
    assertThat(models.getFirst().name()).isEqualTo(served.base());
    assertThat(models.getFirst().parent()).isEmpty();
    assertThat(models)
        .filteredOn(model -> model.name().equals(served.adapter()))
        .singleElement()
        .satisfies(model -> assertThat(model.parent()).isEqualTo(served.base()));
  }

  @Test
  void loadsReplacesAndUnloadsAdapters() {
    server.loadAdapter("fresh", served.folders().get(0), false);
    Transport.Answer first = server.chat(ask("fresh", tokens(10)));
    assertRefused(
        () -> server.loadAdapter("fresh", served.folders().get(0), false),
        ErrorCode.ALREADY_EXISTS,
        "fresh");
    server.loadAdapter("fresh", served.folders().get(1), true);
    Transport.Answer second = server.chat(ask("fresh", tokens(10)));
    assertThat(second.adapter()).isNotEqualTo(first.adapter());
    server.unloadAdapter("fresh");
    assertRefused(
        () -> server.chat(ask("fresh", tokens(1))), ErrorCode.MODEL_NOT_FOUND, served.base());
    assertRefused(
        () -> server.unloadAdapter("fresh"), ErrorCode.MODEL_NOT_FOUND, "cannot be found");
  }

  @Test
  void refusesAdaptersThatItMustNotRead() {
    assertRefused(
        () -> server.loadAdapter("x", "../../hostile/nan", false),
        ErrorCode.FORBIDDEN_PATH,
        "lora_path");
    assertRefused(
        () -> server.loadAdapter("x", "nothing-there", false),
        ErrorCode.NOT_FOUND,
        "nothing-there");
    assertRefused(
        () -> server.loadAdapter("x", "refused_xlora", false), ErrorCode.INVALID_ADAPTER, "XLORA");
    assertRefused(
        () -> server.loadAdapter(served.base(), served.folders().get(0), false),
        ErrorCode.INVALID_REQUEST,
        "base model");
  }

  @Test
  void keepsUploadedAdaptersUnderTheirNames() throws IOException {
    Transport.Stored first = server.upload("kept", files(0), true);
    assertThat(first.versions()).containsExactly(first.current());
    assertThat(first.selfTests()).containsExactly("passed");
    Transport.Answer answer = server.chat(ask("kept", tokens(10)));
    assertThat(answer.adapter()).startsWith("kept@" + first.current().substring(0, 12));
    String second = server.upload("kept", files(1), false).versions().getLast();
    assertThat(server.chat(ask("kept", tokens(10)))).isEqualTo(answer);
    assertThat(server.chat(ask("kept@" + second, tokens(10))).choices())
        .isNotEqualTo(answer.choices());
    assertThat(server.activate("kept", second.substring(0, 8)).current()).isEqualTo(second);
    assertThat(server.chat(ask("kept", tokens(10))).adapter()).contains(second.substring(0, 12));
    assertThat(server.rollBack("kept").current()).isEqualTo(first.current());
    assertThat(server.pin("kept", true).pinned()).isTrue();
    assertThat(server.pin("kept", false).pinned()).isFalse();
    assertThat(server.chat(ask("kept", tokens(10)))).isEqualTo(answer);
    assertThat(server.models()).extracting(Transport.Model::name).contains("kept");
    assertThat(server.storedNames()).contains("kept");
    assertRefused(
        () -> server.deleteStored("kept", first.current(), false),
        ErrorCode.INVALID_REQUEST,
        "current version");
    server.deleteStored("kept", second, false);
    assertThat(server.stored("kept").versions()).containsExactly(first.current());
    assertThat(server.stored("kept").actions())
        .containsExactly(
            "added",
            "activated",
            "added",
            "activated",
            "rolled_back",
            "pinned",
            "unpinned",
            "deleted");
    server.deleteStored("kept", "", false);
    assertRefused(
        () -> server.chat(ask("kept", tokens(1))), ErrorCode.MODEL_NOT_FOUND, served.base());
    assertRefused(() -> server.stored("kept"), ErrorCode.MODEL_NOT_FOUND, "kept");
  }

  private AdapterSource stored() {
    return new StoreSource(adapterStore, AdapterSelfTest.NONE);
  }

  @Test
  void deletesWhatRequestsHoldOnlyIfAsked() throws IOException {
    Transport.Stored held = server.upload("held", files(0), true);
    AdapterId id = new AdapterId("held", new ContentHash(held.current()));
    try (AdapterLease lease = adapterCache.acquire(stored(), id, OptionalInt.empty(), null)) {
      assertRefused(
          () -> server.deleteStored("held", "", false), ErrorCode.ADAPTER_IN_USE, "1 requests");
      server.deleteStored("held", "", true);
      assertRefused(() -> server.chat(ask("held", tokens(1))), ErrorCode.MODEL_NOT_FOUND, "held");
      assertThat(lease.resident().residentBytes()).isPositive();
    }
    assertThat(adapterCache.resident(id)).isNull();
  }

  @Test
  void refusesUploadsThatItMustNotTake() throws IOException {
    Map<String, byte[]> good = files(0);
    assertUploadRefused("unwanted", Map.of("../x", new byte[1]), ErrorCode.INVALID_ADAPTER, "../x");
    assertUploadRefused(
        "unwanted", Map.of("/etc/x", new byte[1]), ErrorCode.INVALID_ADAPTER, "/etc/x");
    assertUploadRefused(
        "unwanted", Map.of("a/b/c/d", new byte[1]), ErrorCode.INVALID_ADAPTER, "a/b/c/d");
    assertUploadRefused(
        "unwanted", Map.of("a.bin", new byte[1]), ErrorCode.INVALID_ADAPTER, "pickle");
    assertUploadRefused(
        "unwanted",
        Map.of("a", new byte[1]),
        ErrorCode.INVALID_ADAPTER,
        "the adapter folder unwanted has no adapter_config");
    assertUploadRefused("unwanted", Map.of(), ErrorCode.INVALID_REQUEST, "no files");
    assertUploadRefused("x/y", good, ErrorCode.INVALID_REQUEST, "x/y");
    assertUploadRefused(served.base(), good, ErrorCode.INVALID_REQUEST, "served base");
    assertUploadRefused(served.adapter(), good, ErrorCode.ALREADY_EXISTS, served.adapter());
    assertThat(server.storedNames()).doesNotContain("unwanted");
  }

  private void assertUploadRefused(
      String name, Map<String, byte[]> files, ErrorCode code, String message) {
    assertRefused(() -> server.upload(name, files, true), code, message);
  }

  /** The files of an adapter that can be loaded. */
  protected final Map<String, byte[]> files(int folder) throws IOException {
    Path source = adapterFolders.resolve(served.folders().get(folder));
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      files.put(name, Files.readAllBytes(source.resolve(name)));
    }
    return files;
  }

  @Test
  void anAbortedStreamFreesItsSlot() {
    EndedRequests ended = new EndedRequests(meters, engine);
    double before = ended.cancelled();
    server.chatAborted(ask(served.base(), tokens(480).ignoreEos(true)), 3);
    ended.assertOneMoreCancelledThan(before);
    assertThat(server.chat(ask(served.base(), tokens(2))).completionTokens()).isEqualTo(2);
  }

  @Test
  void refusesUnknownModelsWithTheKnownNames() {
    assertRefused(
        () -> server.chat(ask("nobody", tokens(1))),
        ErrorCode.MODEL_NOT_FOUND,
        "'nobody' does not exist here; known are " + served.base() + ", ");
    String version = server.models().getFirst().version().substring(0, 12);
    assertRefused(
        () -> server.chat(ask(served.base() + "@ffffffff", tokens(1))),
        ErrorCode.MODEL_NOT_FOUND,
        "the current version is " + served.base() + "@" + version);
  }

  @Test
  void refusesWhatDoesNotFitTheContextWithTheNumbers() {
    int context = served.contextTokens();
    assertRefused(
        () -> server.chat(ask(served.base(), tokens(context - 12))),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "max_tokens %d exceeds %d − prompt %d; lower max_tokens to %d or less"
            .formatted(
                context - 12, context, served.promptTokens(), context - served.promptTokens()));
    assertRefused(
        () -> server.chat(chat(served.base(), served.overlong(), tokens(1))),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "the prompt has %d tokens, but the context holds %d; shorten it to %d or less"
            .formatted(served.overlongTokens(), context, context - 1));
    assertRefused(
        () -> server.chat(chat(served.base(), "x".repeat(served.hugeChars()), tokens(1))),
        ErrorCode.CONTEXT_LENGTH_EXCEEDED,
        "messages of %d characters cannot fit the context of %d tokens"
            .formatted(served.hugeChars(), context));
  }

  @Test
  void refusesBadValuesByName() {
    assertInvalid(tokens(1).temperature(2.5f), "temperature 2.5");
    assertInvalid(tokens(1).temperature(-1f), "temperature -1");
    assertInvalid(tokens(1).topP(0f), "top_p 0");
    assertInvalid(tokens(1).topK(-2), "top_k -2");
    assertInvalid(tokens(1).minP(1.5f), "min_p 1.5");
    assertInvalid(tokens(1).presencePenalty(3f), "presence_penalty 3");
    assertInvalid(tokens(1).frequencyPenalty(-3f), "frequency_penalty -3");
    assertInvalid(tokens(1).repetitionPenalty(0f), "repetition_penalty 0");
    assertInvalid(tokens(0), "max_tokens 0");
    assertInvalid(tokens(1).minTokens(2), "min_tokens 2");
    assertInvalid(tokens(1).stopStrings(List.of("")), "stop holds an empty string");
    assertInvalid(tokens(1).stopStrings(java.util.Collections.nCopies(17, "x")), "stop has 17");
    assertInvalid(
        tokens(1).stopTokenIds(List.of(served.vocabulary())),
        "stop_token_ids names token " + served.vocabulary());
    assertInvalid(tokens(1).logitBias(java.util.Map.of(9999, 1f)), "logit_bias names token 9999");
    assertInvalid(tokens(1).logitBias(java.util.Map.of(1, 101f)), "logit_bias 101");
    assertInvalid(tokens(1).logprobs(true).topLogprobs(21), "top_logprobs 21");
  }

  @Test
  void refusesTooManyChoicesAndNoMessages() {
    assertRefused(
        () -> server.chat(ask(served.base(), tokens(1), 9)), ErrorCode.INVALID_REQUEST, "n 9");
    ChatRequest empty =
        new ChatRequest(
            served.base(),
            List.of(),
            TemplateOptions.DEFAULT,
            tokens(1).build(),
            1,
            Caller.ANONYMOUS);
    assertRefused(() -> server.chat(empty), ErrorCode.INVALID_REQUEST, "messages is empty");
  }

  private ChatRequest ask(String model, SamplingRequest.Builder sampling) {
    return ask(model, sampling, 1);
  }

  private ChatRequest ask(String model, SamplingRequest.Builder sampling, int choices) {
    return chat(model, served.question(), sampling, choices);
  }

  private void assertInvalid(SamplingRequest.Builder sampling, String message) {
    assertRefused(
        () -> server.chat(ask(served.base(), sampling)), ErrorCode.INVALID_REQUEST, message);
  }

  final Transport server() {
    return server;
  }

  /** Returns when a request has a slot. */
  final void awaitRunning() {
    while (engine.stats().running() == 0) {
      LockSupport.parkNanos(100_000);
    }
  }

  static void assertRefused(ThrowingCallable call, ErrorCode code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Transport.Refused.class, refused -> assertThat(refused.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }
}
