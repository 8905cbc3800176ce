package io.talchum.api.grpc;

import io.talchum.core.ModelVersions;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import io.talchum.v1.Answer;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.AnswerStart;
import io.talchum.v1.ChoiceDelta;
import io.talchum.v1.ChoiceFinish;
import io.talchum.v1.FinishReason;
import io.talchum.v1.Usage;
import java.util.List;
import java.util.function.Consumer;

/** A generation as one message or as events. */
final class AnswerMapper {
  private AnswerMapper() {}

  /** Waits for the end. */
  static Answer whole(Generation generation) {
    Answer.Builder answer =
        Answer.newBuilder()
            .setId(generation.id())
            .setCreated(Times.timestamp(generation.created()))
            .setVersions(versions(generation.versions()));
    generation.await().forEach(choice -> answer.addChoices(choice(choice)));
    return answer.setUsage(usage(generation.usage())).build();
  }

  /** Passes on each event as it comes. */
  static void stream(Generation generation, Consumer<AnswerEvent> out) {
    out.accept(AnswerEvent.newBuilder().setStart(start(generation)).build());
    for (GenerationEvent e = generation.next(); e != null; e = generation.next()) {
      out.accept(event(e));
    }
    out.accept(AnswerEvent.newBuilder().setUsage(usage(generation.usage())).build());
  }

  static AnswerEvent event(GenerationEvent event) {
    AnswerEvent.Builder wire = AnswerEvent.newBuilder();
    switch (event) {
      case GenerationEvent.Echo e -> wire.setDelta(delta(e.index(), e.text(), e.tokens()));
      case GenerationEvent.Reasoning r ->
          wire.setDelta(delta(r.index(), "", r.tokens()).toBuilder().setReasoningContent(r.text()));
      case GenerationEvent.Delta d -> wire.setDelta(delta(d.index(), d.text(), d.tokens()));
      case GenerationEvent.Finish f -> wire.setFinish(finish(f));
    }
    return wire.build();
  }

  static io.talchum.v1.Choice choice(Choice choice) {
    io.talchum.v1.Choice.Builder wire =
        io.talchum.v1.Choice.newBuilder()
            .setIndex(choice.index())
            .setText(choice.text())
            .addAllLogprobs(LogprobMapper.map(choice.tokens()))
            .setFinishReason(reason(choice.finishReason()));
    choice.stopString().ifPresent(wire::setStopString);
    choice.reasoning().ifPresent(wire::setReasoningContent);
    return wire.build();
  }

  static io.talchum.v1.ModelVersions versions(ModelVersions versions) {
    io.talchum.v1.ModelVersions.Builder wire =
        io.talchum.v1.ModelVersions.newBuilder()
            .setModel(versions.exactName())
            .setBaseName(versions.baseName())
            .setBaseVersion(versions.baseVersion().hex());
    if (versions.adapterName() != null) {
      wire.setAdapterName(versions.adapterName());
    }
    if (versions.adapterVersion() != null) {
      wire.setAdapterVersion(versions.adapterVersion().hex());
    }
    versions.mix().forEach(part -> wire.addAdapters(MixMapper.mixed(part)));
    return wire.build();
  }

  private static AnswerStart start(Generation generation) {
    return AnswerStart.newBuilder()
        .setId(generation.id())
        .setCreated(Times.timestamp(generation.created()))
        .setVersions(versions(generation.versions()))
        .build();
  }

  private static ChoiceDelta delta(int index, String text, List<TokenDetail> tokens) {
    return ChoiceDelta.newBuilder()
        .setIndex(index)
        .setText(text)
        .addAllLogprobs(LogprobMapper.map(tokens))
        .build();
  }

  private static ChoiceFinish finish(GenerationEvent.Finish finish) {
    ChoiceFinish.Builder wire =
        ChoiceFinish.newBuilder().setIndex(finish.index()).setFinishReason(reason(finish.reason()));
    finish.stopString().ifPresent(wire::setStopString);
    return wire.build();
  }

  private static FinishReason reason(io.talchum.core.FinishReason reason) {
    return switch (reason) {
      case STOP -> FinishReason.FINISH_REASON_STOP;
      case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
    };
  }

  private static Usage usage(io.talchum.service.Usage usage) {
    Usage.Builder wire =
        Usage.newBuilder()
            .setPromptTokens(usage.promptTokens())
            .setCompletionTokens(usage.completionTokens())
            .setTotalTokens(usage.totalTokens());
    usage.cachedTokens().ifPresent(wire::setCachedTokens);
    usage.reasoningTokens().ifPresent(wire::setReasoningTokens);
    return wire.build();
  }
}
