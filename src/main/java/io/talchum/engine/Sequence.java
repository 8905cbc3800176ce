package io.talchum.engine;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.engine.SequenceSampler.Choice;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.engine.prefix.PrefixCursor;
import io.talchum.model.StepLogits;
import io.talchum.text.IncrementalDetokenizer;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An accepted request in flight: what it has of the prompt and the completion, and how it ends. All
 * but {@link #cancel} belongs to the engine thread.
 */
final class Sequence implements GenerationHandle, Scheduler.Waiting, PrefixCache.Tokens {
  /** Told when there is no memory to say more. */
  private static final ServeException FAILED =
      new ServeException(ErrorCode.INTERNAL, "the request failed inside the server");

  private final GenerationRequest request;
  private final @Nullable AdapterId adapterId;
  private final Set<Integer> eosTokenIds;
  private final int maxContextTokens;
  private final SequenceSampler sampler;
  private final IncrementalDetokenizer detokenizer;
  private final StopFilter stopFilter;
  private final List<TokenLogprob> promptLogprobs = new ArrayList<>();
  private final SequenceTimes times;
  private volatile boolean isCancelled;

  private @Nullable PrefixCursor prefix;
  private int kvTokens;
  private int cachedTokens;
  private int rereadTokens; // generated ones that are read again after a preemption
  private int completionTokens;
  private int[] generated = new int[16]; // the first completionTokens of it
  private boolean hasEnded;
  private boolean keepsSlot;

  Sequence(
      GenerationRequest request,
      IncrementalDetokenizer detokenizer,
      Set<Integer> eosTokenIds,
      int maxContextTokens,
      Instant submittedAt) {
    SamplingParams sampling = request.sampling();
    AdapterLease lease = request.adapter();
    this.request = request;
    this.adapterId = lease == null ? null : lease.id();
    this.eosTokenIds = eosTokenIds;
    this.maxContextTokens = maxContextTokens;
    this.sampler =
        new SequenceSampler(
            sampling, request.promptTokenIds(), eosTokenIds, request.sink().wantsLogprobs());
    this.detokenizer = detokenizer;
    this.stopFilter = new StopFilter(sampling.stopStrings());
    this.times = new SequenceTimes(submittedAt);
  }

  @Override
  public void cancel() {
    isCancelled = true;
  }

  boolean isCancelled() {
    return isCancelled;
  }

  String id() {
    return request.id();
  }

  @Override
  public String fairnessKey() {
    return request.fairnessKey();
  }

  @Nullable AdapterLease adapter() {
    return request.adapter();
  }

  @Nullable AdapterId adapterId() {
    return adapterId;
  }

  boolean isPastDeadline(Instant now) {
    Instant deadline = request.deadline();
    return deadline != null && !now.isBefore(deadline);
  }

  SequenceTimes times() {
    return times;
  }

  String cacheSalt() {
    return request.cacheSalt();
  }

  RequestClass requestClass() {
    return request.requestClass();
  }

  /** All that is read before anything is generated: a given completion too. */
  int promptTokens() {
    return request.promptTokenIds().length;
  }

  /** The prompt without a given completion: what adapters and long contexts go by. */
  int[] announcedTokenIds() {
    int[] all = promptTokenIds();
    return request.promptTokens() == all.length ? all : Arrays.copyOf(all, request.promptTokens());
  }

  int[] promptTokenIds() {
    return request.promptTokenIds();
  }

  /** Positions of its slot that hold its KV. */
  int kvTokens() {
    return kvTokens;
  }

  /** All that is read before the next token is generated. */
  int readTokens() {
    return promptTokens() + rereadTokens;
  }

  boolean isPrefilling() {
    return kvTokens < readTokens();
  }

  /** Whether it goes on where it was preempted: the next token is known already. */
  boolean isResuming() {
    return completionTokens > 0;
  }

  /** The token that the next decode step feeds. */
  int lastTokenId() {
    return generated[completionTokens - 1];
  }

  /** Of prompt and completion. */
  @Override
  public int[] tokenIds(int from, int to) {
    int[] prompt = promptTokenIds();
    int[] ids = new int[to - from];
    int ofPrompt = Math.clamp(prompt.length - from, 0, ids.length);
    System.arraycopy(prompt, Math.min(from, prompt.length), ids, 0, ofPrompt);
    int first = from + ofPrompt - prompt.length;
    System.arraycopy(generated, Math.max(0, first), ids, ofPrompt, ids.length - ofPrompt);
    return ids;
  }

  int completionTokens() {
    return completionTokens;
  }

  /** Most tokens that it can still generate. */
  int tokensLeft() {
    int byContext = maxContextTokens - promptTokens() - completionTokens;
    return Math.max(0, Math.min(request.sampling().maxTokens() - completionTokens, byContext));
  }

  /** How many of the first tokens may not be cut into pieces. */
  int uncutTokens() {
    return request.readsPromptWhole() ? request.promptTokens() : 0;
  }

  /** The first token whose own logits are still wanted; those after it want theirs too. */
  int logitsFrom() {
    return request.wantsPromptLogprobs()
        ? request.scoredFrom() - 1 + promptLogprobs.size()
        : SlotView.LAST_ONLY;
  }

  boolean hasEnded() {
    return hasEnded;
  }

  /** Prompt tokens [kvTokens, kvTokens + tokens) are in the slot. */
  void prefilled(int tokens) {
    kvTokens += tokens;
  }

  /**
   * It has a slot.
   *
   * @param keeps whether nobody takes it back before the end
   */
  void admitted(boolean keeps, Instant now) {
    keepsSlot = keeps;
    times.admitted(now);
  }

  /** Whether its slot may be given to another: it reads again what it has, and goes on. */
  boolean canBePreempted() {
    return requestClass() == RequestClass.BACKGROUND && !keepsSlot;
  }

  /** It waits again; what is scored and generated stays. */
  void preempted() {
    kvTokens = 0;
    cachedTokens = 0;
    rereadTokens = Math.max(0, completionTokens - 1);
  }

  /** Its blocks are looked up and stored from here on. */
  void track(PrefixCursor cursor) {
    prefix = cursor;
  }

  @Nullable PrefixCursor prefix() {
    return prefix;
  }

  /** Positions up to {@code filled} were copied into the slot. */
  void reused(int filled) {
    cachedTokens += filled - kvTokens;
    kvTokens = filled;
  }

  /** Prompt tokens that were copied instead of read. */
  int cachedTokens() {
    return cachedTokens;
  }

  /** The last generated token is in the slot. */
  void decoded() {
    kvTokens++;
  }

  /**
   * The log-probability of prompt token {@code position} under the logits of the token before it.
   */
  void addPromptLogprob(int position, MemorySegment row) {
    promptLogprobs.add(sampler.logprob(row, promptTokenIds()[position]));
  }

  /** The prompt is complete; ends the request if nothing is to be generated. */
  void promptDone() {
    if (request.wantsPromptLogprobs()) {
      request.sink().onPrompt(List.copyOf(promptLogprobs));
    }
    if (tokensLeft() == 0) {
      finish(FinishReason.LENGTH, "");
    }
  }

  /** Chooses a token from the row, tells the sink, and ends the request if this was the last. */
  void generate(StepLogits logits, int row) {
    Choice choice = sampler.next(logits, row);
    append(choice.tokenId());
    boolean isPastMin = completionTokens > request.sampling().minTokens();
    if (isPastMin && isEnding(choice.tokenId())) {
      request.sink().onToken(new TokenEvent(choice.tokenId(), "", choice.logprob()));
      finish(FinishReason.STOP, rest(true));
      return;
    }
    String text = detokenizer.append(choice.tokenId());
    String delta = isPastMin ? stopFilter.append(text) : text;
    request.sink().onToken(new TokenEvent(choice.tokenId(), delta, choice.logprob()));
    if (stopFilter.stop().isPresent()) {
      finish(FinishReason.STOP, "");
    } else if (tokensLeft() == 0) {
      String rest = rest(isPastMin);
      finish(stopFilter.stop().isPresent() ? FinishReason.STOP : FinishReason.LENGTH, rest);
    }
  }

  private void append(int tokenId) {
    if (completionTokens == generated.length) {
      generated = Arrays.copyOf(generated, 2 * generated.length);
    }
    generated[completionTokens++] = tokenId;
  }

  private boolean isEnding(int tokenId) {
    return (!request.sampling().ignoreEos() && eosTokenIds.contains(tokenId))
        || request.sampling().stopTokenIds().contains(tokenId);
  }

  /** What the detokenizer and the stop filter hold back. */
  private String rest(boolean isPastMin) {
    String text = detokenizer.flush();
    return isPastMin ? stopFilter.append(text) + stopFilter.flush() : text;
  }

  /** If the sink does not take it, the request is still there to be failed. */
  private void finish(FinishReason reason, String textDelta) {
    GenerationResult result =
        new GenerationResult(
            reason,
            textDelta,
            stopFilter.stop(),
            promptTokens(),
            Math.min(cachedTokens, promptTokens()),
            completionTokens,
            times.modelTime());
    request.sink().onFinish(result);
    hasEnded = true;
    times.ended(reason, null);
  }

  /** Ends the request with an error. */
  void fail(ServeException error) {
    hasEnded = true;
    times.ended(null, error.code());
    try {
      request.sink().onError(error);
    } catch (Throwable e) {
      ExceptionBarrier.log("onError of a request threw; it is tried once more", e);
      ExceptionBarrier.run("onError of a request", () -> request.sink().onError(error));
    }
  }

  /** Ends the request because of something unexpected in its own processing. */
  void fail(Throwable cause) {
    if (!hasEnded) {
      fail(cause instanceof ServeException known ? known : internal(cause));
    }
  }

  private ServeException internal(Throwable cause) {
    try {
      return new ServeException(
          ErrorCode.INTERNAL,
          "request " + request.id() + " failed inside the server: " + cause,
          cause);
    } catch (Throwable e) {
      return FAILED;
    }
  }

  /** After the end, and after its slot was released. */
  void closeLease() {
    AdapterLease lease = request.adapter();
    if (lease != null) {
      ExceptionBarrier.run("the lease of a request", lease::close);
    }
  }
}
