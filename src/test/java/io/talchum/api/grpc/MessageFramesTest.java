package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.api.gate.BodyBudget;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class MessageFramesTest {
  private static final int MAX = 1000;

  private final BodyBudget budget = new BodyBudget(1 << 20);
  private final BodyBudget.Share share = budget.share();

  @Test
  void unpacksMessagesHoweverTheyAreCut() throws IOException {
    Buffer sent =
        frame(0, text("plain"))
            .appendBuffer(frame(1, gzip(text("packed"))))
            .appendBuffer(frame(0, text("")));
    Buffer expected =
        frame(0, text("plain"))
            .appendBuffer(frame(0, text("packed")))
            .appendBuffer(frame(0, text("")));
    for (int size = 1; size <= sent.length(); size++) {
      MessageFrames frames = new MessageFrames(MAX, true, share);
      Buffer out = Buffer.buffer();
      for (int at = 0; at < sent.length(); at += size) {
        out.appendBuffer(frames.take(sent.getBuffer(at, Math.min(sent.length(), at + size))));
      }
      assertThat(out).isEqualTo(expected);
      assertThat(frames.inMessage()).isFalse();
    }
  }

  @Test
  void handsOnWhatIsNotPackedAsItIs() {
    MessageFrames frames = new MessageFrames(MAX, false, share);
    Buffer piece = frame(0, text("plain"));
    assertThat(frames.take(piece)).isSameAs(piece);
    assertThat(budget.used()).isEqualTo("plain".length());
    assertThat(frames.take(Buffer.buffer(new byte[] {0, 0}))).isNotNull();
    assertThat(frames.inMessage()).isTrue();
  }

  @Test
  void refusesByTheFirstBytes() throws IOException {
    Buffer large = Buffer.buffer(new byte[] {0}).appendInt(MAX + 1);
    assertRefused(false, large, ErrorCode.PAYLOAD_TOO_LARGE, "at most 1000 bytes are allowed");
    assertRefused(false, frame(1, text("x")), ErrorCode.UNSUPPORTED, "no grpc-encoding");
    assertRefused(true, frame(1, text("no gzip")), ErrorCode.INVALID_REQUEST, "not the gzip");
    byte[] bomb = gzip(new byte[MAX + 1]);
    assertThat(bomb.length).isLessThan(MAX);
    assertRefused(true, frame(1, bomb), ErrorCode.PAYLOAD_TOO_LARGE, "when unpacked");
  }

  @Test
  void countsTheLastMessagesOfALongStream() {
    MessageFrames frames = new MessageFrames(MAX, false, share);
    for (int i = 0; i < 5000; i++) {
      assertThat(frames.take(frame(0, new byte[MAX]))).isNotNull();
    }
    assertThat(budget.used()).isLessThanOrEqualTo(17L * MAX);
    share.close();
    assertThat(budget.used()).isZero();
  }

  private void assertRefused(boolean gzip, Buffer piece, ErrorCode code, String message) {
    MessageFrames frames = new MessageFrames(MAX, gzip, share);
    assertThatThrownBy(() -> frames.take(piece))
        .isInstanceOfSatisfying(ServeException.class, e -> assertThat(e.code()).isEqualTo(code))
        .hasMessageContaining(message);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Buffer frame(int mark, byte[] message) {
    return Buffer.buffer().appendByte((byte) mark).appendInt(message.length).appendBytes(message);
  }

  private static byte[] gzip(byte[] message) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(message);
    }
    return packed.toByteArray();
  }
}
