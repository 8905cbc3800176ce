package io.talchum.api.grpc;

import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.Choice;
import io.talchum.v1.ChoiceDelta;
import io.talchum.v1.ChoiceFinish;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;

/** Joins a stream's events to the whole answer, and checks their order. */
final class JoinedEvents {
  private final Answer.Builder answer = Answer.newBuilder();
  private final Map<Integer, Choice.Builder> choices = new TreeMap<>();

  private JoinedEvents() {}

  static Answer of(Iterator<AnswerEvent> events) {
    JoinedEvents joined = new JoinedEvents();
    events.forEachRemaining(joined::add);
    joined.choices.values().forEach(joined.answer::addChoices);
    require(joined.answer.hasUsage(), "the stream has no usage");
    return joined.answer.build();
  }

  private void add(AnswerEvent event) {
    require(!answer.hasUsage(), "an event came after the usage");
    require(answer.hasVersions() != event.hasStart(), "the start must come first, and once");
    switch (event.getEventCase()) {
      case START ->
          answer
              .setId(event.getStart().getId())
              .setCreated(event.getStart().getCreated())
              .setVersions(event.getStart().getVersions());
      case DELTA -> delta(event.getDelta());
      case FINISH -> finish(event.getFinish());
      case USAGE -> answer.setUsage(event.getUsage());
      case EVENT_NOT_SET -> throw new AssertionError("an event is empty");
    }
  }

  private void delta(ChoiceDelta delta) {
    Choice.Builder choice = unfinished(delta.getIndex());
    choice.setText(choice.getText() + delta.getText()).addAllLogprobs(delta.getLogprobsList());
    if (delta.hasReasoningContent()) {
      choice.setReasoningContent(choice.getReasoningContent() + delta.getReasoningContent());
    }
  }

  private void finish(ChoiceFinish finish) {
    Choice.Builder choice = unfinished(finish.getIndex()).setFinishReason(finish.getFinishReason());
    if (finish.hasStopString()) {
      choice.setStopString(finish.getStopString());
    }
  }

  private Choice.Builder unfinished(int index) {
    Choice.Builder choice = choices.computeIfAbsent(index, i -> Choice.newBuilder().setIndex(i));
    require(choice.getFinishReasonValue() == 0, "choice " + index + " goes on after its end");
    return choice;
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }
}
