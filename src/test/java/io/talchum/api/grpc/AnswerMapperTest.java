package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.talchum.core.ContentHash;
import io.talchum.core.FinishReason;
import io.talchum.core.ModelVersions;
import io.talchum.service.Choice;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import io.talchum.v1.AnswerEvent;
import io.talchum.v1.ChoiceDelta;
import io.talchum.v1.ChoiceFinish;
import io.talchum.v1.TokenLogprob;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnswerMapperTest {
  private static final TokenDetail FIRST =
      new TokenDetail(7, new byte[] {(byte) 0xe2}, null, List.of());
  private static final TokenDetail SECOND =
      new TokenDetail(
          8,
          new byte[] {'b'},
          -0.5f,
          List.of(
              new TokenDetail.Candidate(9, new byte[] {'c'}, -0.25f),
              new TokenDetail.Candidate(10, new byte[0], Float.NEGATIVE_INFINITY)));

  @Test
  void mapsEvents() {
    ChoiceDelta echo =
        event(new GenerationEvent.Echo(1, "prompt", List.of(FIRST, SECOND))).getDelta();
    assertThat(echo.getIndex()).isEqualTo(1);
    assertThat(echo.getText()).isEqualTo("prompt");
    assertThat(echo.getLogprobsList()).hasSize(2);
    assertThat(event(new GenerationEvent.Delta(2, "x", List.of())).getDelta())
        .isEqualTo(ChoiceDelta.newBuilder().setIndex(2).setText("x").build());
    assertThat(
            event(new GenerationEvent.Finish(0, FinishReason.STOP, Optional.of("!"))).getFinish())
        .isEqualTo(
            ChoiceFinish.newBuilder()
                .setFinishReason(io.talchum.v1.FinishReason.FINISH_REASON_STOP)
                .setStopString("!")
                .build());
  }

  @Test
  void keepsBytesAndAbsentLogprobs() {
    List<TokenLogprob> tokens = LogprobMapper.map(List.of(FIRST, SECOND));
    assertThat(tokens.get(0).getToken()).isEqualTo(ByteString.copyFrom(new byte[] {(byte) 0xe2}));
    assertThat(tokens.get(0).hasLogprob()).isFalse();
    assertThat(tokens.get(1).getLogprob()).isEqualTo(-0.5f);
    assertThat(tokens.get(1).getTopList())
        .extracting(TokenLogprob.Alternative::getLogprob)
        .containsExactly(-0.25f, Float.NEGATIVE_INFINITY);
  }

  @Test
  void mapsChoices() {
    io.talchum.v1.Choice choice =
        AnswerMapper.choice(
            new Choice(
                3,
                "text",
                Optional.of("why"),
                List.of(SECOND),
                FinishReason.LENGTH,
                Optional.empty()));
    assertThat(choice.getIndex()).isEqualTo(3);
    assertThat(choice.getText()).isEqualTo("text");
    assertThat(choice.getReasoningContent()).isEqualTo("why");
    assertThat(choice.getLogprobsCount()).isEqualTo(1);
    assertThat(choice.getFinishReason()).isEqualTo(io.talchum.v1.FinishReason.FINISH_REASON_LENGTH);
    assertThat(choice.hasStopString()).isFalse();
  }

  @Test
  void namesTheExactVersions() {
    ContentHash base = new ContentHash("ab".repeat(32));
    ContentHash adapter = new ContentHash("cd".repeat(32));
    io.talchum.v1.ModelVersions alone =
        AnswerMapper.versions(new ModelVersions("b", base, null, null));
    assertThat(alone.getModel()).isEqualTo("b@abababababab");
    assertThat(alone.getBaseVersion()).isEqualTo(base.hex());
    assertThat(alone.hasAdapterName()).isFalse();
    assertThat(alone.hasAdapterVersion()).isFalse();
    io.talchum.v1.ModelVersions adapted =
        AnswerMapper.versions(new ModelVersions("b", base, "a", adapter));
    assertThat(adapted.getModel()).isEqualTo("a@cdcdcdcdcdcd");
    assertThat(adapted.getAdapterName()).isEqualTo("a");
    assertThat(adapted.getAdapterVersion()).isEqualTo(adapter.hex());
  }

  private static AnswerEvent event(GenerationEvent event) {
    return AnswerMapper.event(event);
  }
}
