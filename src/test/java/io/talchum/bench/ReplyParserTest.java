package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReplyParserTest {
  private static final String CHUNKED =
      "HTTP/1.1 100 Continue\r\n\r\n"
          + "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nX: y\r\n\r\n"
          + "5;note=1\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";

  @Test
  void removesTheFramingOfChunksInPiecesOfAnySize() throws IOException {
    byte[] bytes = CHUNKED.getBytes(StandardCharsets.US_ASCII);
    for (int size = 1; size <= bytes.length; size++) {
      ReplyParser reply = new ReplyParser();
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (int at = 0; at < bytes.length; at += size) {
        body.writeBytes(
            reply.feed(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size))));
      }
      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.isComplete()).isTrue();
      assertThat(body).as("pieces of %d bytes", size).hasToString("hello 0123456789");
    }
  }

  @Test
  void aBodyWithoutChunksIsTakenAsItIs() throws IOException {
    ReplyParser reply = new ReplyParser();
    byte[] body = reply.feed(bytes("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"));
    assertThat(reply.status()).isEqualTo(404);
    assertThat(body).asString().isEqualTo("none");
  }

  @Test
  void isNotCompleteInTheMiddleOfAChunk() throws IOException {
    ReplyParser reply = new ReplyParser();
    reply.feed(bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"));
    assertThat(reply.isComplete()).isFalse();
  }

  @Test
  void refusesWhatIsNoReply() {
    assertThatThrownBy(() -> new ReplyParser().feed(bytes("SSH-2.0-OpenSSH\r\n")))
        .hasMessageContaining("SSH-2.0");
    assertThatThrownBy(
            () ->
                new ReplyParser()
                    .feed(bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n")))
        .hasMessageContaining("'-5'");
    assertThatThrownBy(() -> new ReplyParser().feed(new byte[1 << 15]))
        .hasMessageContaining("16384");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
