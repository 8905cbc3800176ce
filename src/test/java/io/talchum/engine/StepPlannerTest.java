package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.engine.SlotView.Phase;
import io.talchum.engine.StepPlan.Decode;
import io.talchum.engine.StepPlan.Idle;
import io.talchum.engine.StepPlan.Move;
import io.talchum.engine.StepPlan.Prefill;
import io.talchum.model.LogitRows;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StepPlannerTest {
  private static final Duration NO_CREDIT = Duration.ofNanos(-1);
  private static final SlotView FREE = SlotView.FREE;
  private static final EngineConfig CONFIG = new EngineConfig(Set.of(), 10, 32, 128);

  private static SlotView decoding(int kvTokens, int tokensLeft) {
    return SlotView.online(Phase.DECODE, 0, kvTokens, 10, tokensLeft);
  }

  private static SlotView prefilling(long order, int done, int prompt) {
    return SlotView.online(Phase.PREFILL, order, done, prompt, 5);
  }

  private static StepPlan plan(boolean afterDecode, SlotView... slots) {
    return StepPlanner.plan(
        List.of(slots), new StepPlanner.Moment(afterDecode, 0, false, NO_CREDIT), CONFIG);
  }

  private static SlotView scoring(int done, int prompt, int logitsFrom, int uncut) {
    return new SlotView(Phase.PREFILL, RequestClass.ONLINE, 1, done, prompt, 0, logitsFrom, uncut);
  }

  private static SlotView background(Phase phase, int done) {
    return new SlotView(phase, RequestClass.BACKGROUND, 1, done, 100, 5, SlotView.LAST_ONLY, 0);
  }

  private static StepPlan withCredit(boolean afterDecode, Duration credit, SlotView... slots) {
    return StepPlanner.plan(
        List.of(slots), new StepPlanner.Moment(afterDecode, 0, false, credit), CONFIG);
  }

  @Test
  void withoutSequencesItIsIdle() {
    assertThat(plan(false, FREE, FREE)).isEqualTo(new Idle());
  }

  @Test
  void prefillAndDecodeAlternate() {
    SlotView[] slots = {decoding(20, 9), prefilling(1, 0, 100)};
    assertThat(plan(true, slots)).isEqualTo(new Prefill(1, 0, 32, LogitRows.NONE));
    assertThat(plan(false, slots)).isEqualTo(new Decode(1, null));
  }

  @Test
  void prefillAloneTakesLargerPieces() {
    assertThat(plan(false, prefilling(1, 0, 300)))
        .isEqualTo(new Prefill(0, 0, 128, LogitRows.NONE));
    assertThat(plan(false, prefilling(1, 256, 300)))
        .isEqualTo(new Prefill(0, 256, 44, LogitRows.LAST));
  }

  @Test
  void aPromptThatMayNotBeCutComesInOnePiece() {
    SlotView whole =
        new SlotView(Phase.PREFILL, RequestClass.ONLINE, 1, 0, 100, 5, SlotView.LAST_ONLY, 100);
    assertThat(plan(true, decoding(20, 9), whole))
        .isEqualTo(new Prefill(1, 0, 100, LogitRows.LAST));
    assertThat(plan(true, decoding(20, 9), scoring(0, 200, 99, 100)))
        .isEqualTo(new Prefill(1, 0, 100, LogitRows.ALL));
    assertThat(plan(true, decoding(20, 9), scoring(100, 200, 100, 100)))
        .isEqualTo(new Prefill(1, 100, 32, LogitRows.ALL));
  }

  @Test
  void scoresWantLogitsOnlyWhereTheCompletionBegins() {
    assertThat(plan(false, scoring(0, 300, 200, 0)))
        .isEqualTo(new Prefill(0, 0, 128, LogitRows.NONE));
    assertThat(plan(false, scoring(128, 300, 200, 0)))
        .isEqualTo(new Prefill(0, 128, 32, LogitRows.NONE));
    assertThat(plan(false, scoring(192, 300, 200, 0)))
        .isEqualTo(new Prefill(0, 192, 32, LogitRows.ALL));
  }

  @Test
  void theBackgroundTakesNoTimeWithoutCredit() {
    SlotView reads = background(Phase.PREFILL, 0);
    SlotView decodes = background(Phase.DECODE, 100);
    SlotView online = decoding(20, 9);
    assertThat(plan(true, online, reads)).isEqualTo(new Decode(1, null));
    assertThat(plan(false, online, decodes)).isEqualTo(new Decode(1, null));
    assertThat(plan(false, decodes, online)).as("rides along").isEqualTo(new Decode(2, null));
    assertThat(withCredit(true, Duration.ZERO, online, reads))
        .isEqualTo(new Prefill(1, 0, 32, LogitRows.NONE));
    assertThat(withCredit(false, Duration.ZERO, online, decodes)).isEqualTo(new Decode(2, null));
    assertThat(plan(true, prefilling(1, 0, 9), reads))
        .isEqualTo(new Prefill(0, 0, 9, LogitRows.LAST));
    assertThat(withCredit(true, Duration.ZERO, prefilling(1, 0, 9), reads))
        .isEqualTo(new Prefill(0, 0, 9, LogitRows.LAST));
    assertThat(withCredit(true, Scheduler.MOST_CREDIT, prefilling(1, 0, 9), reads))
        .isEqualTo(new Prefill(1, 0, 100, LogitRows.LAST));
    assertThat(plan(false, reads, FREE))
        .as("alone")
        .isEqualTo(new Prefill(0, 0, 100, LogitRows.LAST));
    assertThat(plan(false, FREE, decodes)).isEqualTo(new Decode(1, new Move(1, 0, 100)));
  }

  @Test
  void promptLogprobsWantAllRowsInSmallPieces() {
    SlotView echo = scoring(64, 100, 64, 0);
    assertThat(plan(false, echo)).isEqualTo(new Prefill(0, 64, 32, LogitRows.ALL));
  }

  @Test
  void nothingToGenerateNeedsNoLogits() {
    SlotView empty = SlotView.online(Phase.PREFILL, 1, 0, 10, 0);
    assertThat(plan(false, empty)).isEqualTo(new Prefill(0, 0, 10, LogitRows.NONE));
  }

  @Test
  void theShortestRestGoesFirstAndEveryFourthTimeTheOldest() {
    List<SlotView> slots = List.of(prefilling(1, 0, 1000), prefilling(2, 0, 40), FREE);
    for (int step = 0; step < 8; step++) {
      StepPlan plan =
          StepPlanner.plan(slots, new StepPlanner.Moment(true, step, false, NO_CREDIT), CONFIG);
      assertThat(((Prefill) plan).slot()).isEqualTo(step % 4 == 3 ? 0 : 1);
    }
  }

  @Test
  void equalRestsGoByAge() {
    assertThat(((Prefill) plan(true, prefilling(5, 0, 40), prefilling(2, 0, 40))).slot())
        .isEqualTo(1);
  }

  @Test
  void decodeRunsToTheLastDecodingSlot() {
    assertThat(plan(false, decoding(9, 9), prefilling(1, 0, 9), decoding(9, 9), FREE))
        .isEqualTo(new Decode(3, null));
  }

  @Test
  void theLastSequenceMovesIntoTheLowestHole() {
    assertThat(plan(false, decoding(9, 9), FREE, FREE, decoding(70, 9), FREE))
        .isEqualTo(new Decode(2, new Move(3, 1, 70)));
    assertThat(plan(false, FREE, decoding(5, 9), decoding(70, 9)))
        .isEqualTo(new Decode(2, new Move(2, 0, 70)));
  }

  @Test
  void aMoveMustPayOff() {
    assertThat(plan(false, FREE, decoding(2100, 3))).isEqualTo(new Decode(2, null));
    assertThat(plan(false, FREE, decoding(2100, 4))).isEqualTo(new Decode(1, new Move(1, 0, 2100)));
    assertThat(plan(false, FREE, decoding(5, 1))).isEqualTo(new Decode(2, null));
  }

  @Test
  void whileRequestsWaitTheyFillTheHoles() {
    assertThat(
            StepPlanner.plan(
                List.of(FREE, decoding(5, 100)),
                new StepPlanner.Moment(false, 0, true, NO_CREDIT),
                CONFIG))
        .isEqualTo(new Decode(2, null));
  }
}
