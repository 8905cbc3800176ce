package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is thrown near a request ends those whom it concerns, and nobody else. */
class EngineFaultsTest {
  private static final int[] PROMPT = {3, 4, 5};

  private final FakeModelExecutor executor = new FakeModelExecutor(3, 40);
  private final CoreHarness harness = new CoreHarness(executor);
  private final RecordingSink other = new RecordingSink();

  private static SamplingParams endless(int maxTokens) {
    return SamplingParams.builder(maxTokens).temperature(0).ignoreEos(true).build();
  }

  private static SamplingParams echo(int maxTokens) {
    return SamplingParams.builder(maxTokens)
        .temperature(0)
        .ignoreEos(true)
        .logprobs(true)
        .promptLogprobs(true)
        .build();
  }

  /** What can be thrown. */
  enum Fault {
    RUNTIME(() -> new IllegalStateException("broken")),
    MEMORY(() -> new OutOfMemoryError("Java heap space")),
    STACK(StackOverflowError::new),
    LINKAGE(() -> new NoClassDefFoundError("a/Class"));

    private final Supplier<Throwable> made;

    Fault(Supplier<Throwable> made) {
      this.made = made;
    }

    void raise() {
      throw FakeModelExecutor.<RuntimeException>sneaky(made.get());
    }
  }

  /** One that throws once, at a place. */
  private static final class FaultySink extends RecordingSink {
    private final String place;
    private final Fault fault;
    private boolean thrown;

    FaultySink(String place, Fault fault) {
      this.place = place;
      this.fault = fault;
    }

    private void at(String here) {
      if (!thrown && here.equals(place)) {
        thrown = true;
        fault.raise();
      }
    }

    @Override
    public void onPrompt(List<TokenLogprob> prompt) {
      at("onPrompt");
      super.onPrompt(prompt);
    }

    @Override
    public void onToken(TokenEvent event) {
      if (tokens.size() == 1) {
        at("onToken");
      }
      super.onToken(event);
    }

    @Override
    public void onFinish(GenerationResult result) {
      at("onFinish");
      super.onFinish(result);
    }

    @Override
    public void onError(ServeException error) {
      at("onError");
      super.onError(error);
    }
  }

  private void othersAreUnharmed() {
    assertThat(other.tokens).isEqualTo(CoreHarness.alone(PROMPT, 0, endless(5)).tokens);
    assertThat(other.finished().completionTokens()).isEqualTo(5);
    RecordingSink later = new RecordingSink();
    harness.submit(endless(5), later, PROMPT);
    harness.runAll();
    assertThat(later.tokens).isEqualTo(other.tokens);
  }

  @ParameterizedTest
  @EnumSource
  void aSinkThatThrowsEndsItsOwnRequestOnly(Fault fault) {
    for (String place : List.of("onPrompt", "onToken", "onFinish")) {
      FaultySink broken = new FaultySink(place, fault);
      harness.submit(echo(4), broken, PROMPT);
      RecordingSink fine = new RecordingSink();
      harness.submit(endless(5), fine, PROMPT);
      harness.runAll();
      assertThat(broken.failedWith()).as(place).isEqualTo(ErrorCode.INTERNAL);
      assertThat(fine.finished().completionTokens()).isEqualTo(5);
    }
    harness.submit(endless(5), other, PROMPT);
    harness.runAll();
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void anErrorThatTheSinkDoesNotTakeIsToldOnceMore(Fault fault) {
    FaultySink broken = new FaultySink("onError", fault);
    Sequence sequence = harness.submit(endless(30), broken, PROMPT);
    harness.submit(endless(5), other, PROMPT);
    harness.step();
    sequence.cancel();
    harness.runAll();
    assertThat(broken.failedWith()).isEqualTo(ErrorCode.CANCELLED);
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void anAdmissionThatFailsEndsThatRequestOnly(Fault fault) {
    executor.fault = fault.made;
    RecordingSink refused = new RecordingSink();
    executor.failNextBinds(1);
    harness.submit(endless(5), refused, PROMPT);
    harness.submit(endless(5), other, PROMPT);
    harness.runAll();
    assertThat(refused.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void aRunThatFailsOnceIsRunAgain(Fault fault) {
    executor.fault = fault.made;
    harness.submit(endless(5), other, PROMPT);
    for (int i = 0; i < 4; i++) {
      executor.failNextRuns(1);
      harness.step();
    }
    harness.runAll();
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void aPieceOfAPromptThatFailsTwiceEndsThatRequestOnly(Fault fault) {
    executor.fault = fault.made;
    harness.submit(endless(5), other, PROMPT);
    harness.step();
    harness.step();
    RecordingSink late = new RecordingSink();
    harness.submit(endless(5), late, PROMPT);
    executor.failNextRuns(2);
    assertThatThrownBy(harness::step).isInstanceOf(fault.made.get().getClass());
    assertThat(late.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(harness.core.slots().running()).isEqualTo(1);
    harness.runAll();
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void aDecodeStepThatFailsTwiceEndsItsRows(Fault fault) {
    executor.fault = fault.made;
    RecordingSink first = new RecordingSink();
    RecordingSink second = new RecordingSink();
    harness.submit(endless(20), first, PROMPT);
    harness.submit(endless(20), second, PROMPT);
    for (int i = 0; i < 4; i++) {
      harness.step();
    }
    int before = first.tokens.size();
    RecordingSink reads = new RecordingSink();
    harness.submit(endless(5), reads, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    harness.step(); // its first piece
    executor.failNextRuns(2);
    assertThatThrownBy(harness::step).isInstanceOf(fault.made.get().getClass());
    assertThat(first.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(second.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(first.tokens.size()).isBetween(before, before + 1);
    harness.runAll();
    assertThat(reads.finished().completionTokens()).isEqualTo(5);
    harness.submit(endless(5), other, PROMPT);
    harness.runAll();
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void aMoveThatFailsTwiceEndsTheOneThatMoves(Fault fault) {
    executor.fault = fault.made;
    RecordingSink moves = new RecordingSink();
    harness.submit(endless(2), other, PROMPT);
    harness.submit(endless(20), moves, PROMPT);
    while (!other.hasEnded()) {
      harness.step();
    }
    executor.failNextRuns(2);
    assertThatThrownBy(harness::step).isInstanceOf(fault.made.get().getClass());
    assertThat(moves.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(harness.core.hasWork()).isFalse();
  }

  /** The logits of one row cannot be read. */
  @ParameterizedTest
  @EnumSource
  void aRowThatCannotBeSampledEndsItsRequestOnly(Fault kind) {
    FakeModelExecutor faulty =
        new FakeModelExecutor(3, 40) {
          @Override
          public StepLogits decode(int[] tokenIds, int[] positions) {
            StepLogits logits = super.decode(tokenIds, positions);
            return new StepLogits() {
              @Override
              public int rows() {
                return logits.rows();
              }

              @Override
              public int vocabSize() {
                return logits.vocabSize();
              }

              @Override
              public MemorySegment row(int row) {
                if (row == 0) {
                  kind.raise();
                }
                return logits.row(row);
              }
            };
          }
        };
    CoreHarness own = new CoreHarness(faulty);
    RecordingSink first = new RecordingSink();
    own.submit(endless(5), first, PROMPT);
    own.submit(endless(5), other, PROMPT);
    own.step();
    own.step();
    own.step();
    assertThat(first.failedWith()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(other.hasEnded()).isFalse();
    assertThat(other.tokens).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void whatFailsAfterTheEndHurtsNobody(Fault fault) {
    executor.fault = fault.made;
    AdapterLease lease =
        new AdapterLease() {
          private final ResidentAdapter resident = executor.new FakeAdapter(7);

          @Override
          public AdapterId id() {
            return new AdapterId("a", new io.talchum.core.ContentHash("0".repeat(64)));
          }

          @Override
          public ResidentAdapter resident() {
            return resident;
          }

          @Override
          public void close() {
            fault.raise();
          }
        };
    RecordingSink first = new RecordingSink();
    harness.submit(PROMPT, lease, endless(3), "key", null, first);
    harness.submit(endless(5), other, PROMPT);
    executor.failNextReleases(2);
    harness.runAll();
    assertThat(first.finished().completionTokens()).isEqualTo(3);
    othersAreUnharmed();
  }

  @ParameterizedTest
  @EnumSource
  void aPrefixCacheThatFailsIsSwitchedOff(Fault fault) {
    executor.fault = fault.made;
    executor.failsCopies = true;
    CoreHarness own =
        new CoreHarness(
            executor, 4, 8, new PrefixReuse(executor, new PrefixCache(executor, 1 << 20), 64));
    int[] prompt = new int[35];
    RecordingSink first = new RecordingSink();
    own.submit(endless(3), first, prompt);
    own.runAll();
    assertThat(first.tokens).isEqualTo(CoreHarness.alone(prompt, 0, endless(3)).tokens);
    executor.failsCopies = false;
    RecordingSink second = new RecordingSink();
    own.submit(endless(3), second, prompt);
    own.runAll();
    assertThat(second.finished().cachedTokens()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void aProbeThatFailsIsItsCallers(Fault fault) {
    executor.fault = fault.made;
    harness.submit(endless(5), other, PROMPT);
    harness.step();
    Probe probe = new Probe(PROMPT, null);
    harness.core.accept(probe);
    executor.failNextBinds(1);
    harness.runAll();
    assertThatThrownBy(() -> probe.await(Duration.ZERO)).isInstanceOf(RuntimeException.class);
    othersAreUnharmed();
  }

  /**
   * Memory runs out anywhere: in the model, the sinks, and wherever the clock is asked. Every
   * request has exactly one end, every lease is closed, every slot is free.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void faultsAnywhereEndEveryRequestOnce(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] armed = {false};
    Runnable maybe =
        () -> {
          if (armed[0] && random.nextInt(40) == 0) {
            throw new OutOfMemoryError("at random");
          }
        };
    FakeModelExecutor faulty =
        new FakeModelExecutor(3, 40) {
          @Override
          public StepLogits decode(int[] tokenIds, int[] positions) {
            maybe.run();
            return super.decode(tokenIds, positions);
          }

          @Override
          public StepLogits prefill(int slot, int start, int[] tokenIds, LogitRows wanted) {
            maybe.run();
            return super.prefill(slot, start, tokenIds, wanted);
          }

          @Override
          public void bind(int slot, @Nullable ResidentAdapter adapter) {
            maybe.run();
            super.bind(slot, adapter);
          }
        };
    FakeAdapters adapters = new FakeAdapters(faulty);
    adapters.load("a", 1);
    CoreHarness own = new CoreHarness(faulty);
    own.clock.disturbance = maybe;
    List<RecordingSink> sinks = new ArrayList<>();
    int failed = 0;
    for (int i = 0; i < 3000; i++) {
      armed[0] = false;
      if (own.core.slots().running() < 3 && sinks.size() < 300) {
        sinks.add(new DisturbedSink(maybe));
        AdapterLease lease = random.nextBoolean() ? adapters.acquire("a") : null;
        own.submit(PROMPT, lease, endless(1 + random.nextInt(9)), "key", null, sinks.getLast());
      }
      if (!own.core.hasWork()) {
        break;
      }
      try {
        armed[0] = true;
        boolean unused = own.core.step();
      } catch (OutOfMemoryError e) {
        failed++;
      }
      armed[0] = false;
      EngineInvariants.check(own.core, 40);
    }
    faulty.requireNoViolation();
    assertThat(own.core.hasWork()).isFalse();
    assertThat(sinks).hasSize(300).allMatch(RecordingSink::hasEnded);
    assertThat(adapters.openLeases()).isZero();
    assertThat(failed).isPositive();
    assertThat(Stream.of(RequestClass.values()).mapToInt(own::waiting).sum()).isZero();
  }

  /** Throws before it takes an event; an end is taken at the second attempt. */
  private static final class DisturbedSink extends RecordingSink {
    private final Runnable disturbance;
    private boolean isFailing;

    DisturbedSink(Runnable disturbance) {
      this.disturbance = disturbance;
    }

    @Override
    public void onToken(TokenEvent event) {
      disturbance.run();
      super.onToken(event);
    }

    @Override
    public void onFinish(GenerationResult result) {
      disturbance.run();
      super.onFinish(result);
    }

    @Override
    public void onError(ServeException error) {
      if (!isFailing) {
        isFailing = true;
        disturbance.run();
      }
      super.onError(error);
    }
  }

  @Test
  void aFailedStepCountsAndAGoodOneDoesNot() {
    harness.submit(endless(5), other, PROMPT);
    assertThat(harness.core.step()).as("the model ran").isTrue();
    harness.runAll();
    assertThat(harness.core.step()).as("nothing to do").isFalse();
  }
}
