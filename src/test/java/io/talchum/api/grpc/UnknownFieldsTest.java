package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.v1.ChatMessage;
import io.talchum.v1.ChatRequest;
import io.talchum.v1.Role;
import io.talchum.v1.Sampling;
import org.junit.jupiter.api.Test;

class UnknownFieldsTest {
  private static final UnknownFieldSet UNKNOWN =
      UnknownFieldSet.newBuilder()
          .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
          .build();

  @Test
  void passesWhatIsKnown() {
    UnknownFields.check(ChatRequest.getDefaultInstance());
    UnknownFields.check(
        ChatRequest.newBuilder()
            .setModel("m")
            .addMessages(ChatMessage.newBuilder().setRole(Role.ROLE_USER).setContent(""))
            .setSampling(Sampling.newBuilder().putLogitBias(1, 2f).addStop("x"))
            .build());
  }

  @Test
  void namesTheNumberAndThePath() {
    assertRefused(
        ChatRequest.newBuilder().setUnknownFields(UNKNOWN).build(),
        "99",
        "field number 99 of ChatRequest is not known");
    assertRefused(
        ChatRequest.newBuilder()
            .setSampling(Sampling.newBuilder().setUnknownFields(UNKNOWN))
            .build(),
        "sampling.99",
        "field number 99 of sampling is not known");
    assertRefused(
        ChatRequest.newBuilder()
            .addMessages(ChatMessage.getDefaultInstance())
            .addMessages(ChatMessage.newBuilder().setUnknownFields(UNKNOWN))
            .build(),
        "messages[1].99",
        "field number 99 of messages[1] is not known");
  }

  private static void assertRefused(Message message, String param, String reason) {
    assertThatThrownBy(() -> UnknownFields.check(message))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED);
              assertThat(e.param()).contains(param);
            })
        .hasMessageContaining(reason);
  }
}
