package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.JsonBudget;
import io.talchum.service.JsonText;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads request bodies: one JSON object, bounded in depth and number of values, without duplicate
 * keys. Large ones are read a few at a time, first come first served, since each may take tens of
 * megabytes while it is read. Not for event loops.
 */
@Singleton
public class JsonBodies {
  private static final int LARGE_BYTES = 1 << 16;

  /** Heap that one large body is granted while it is read. */
  private static final long HEAP_OF_ONE = 128L << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final char REPLACEMENT = '\uFFFD';
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final Semaphore large;

  public JsonBodies() {
    this((int) Math.clamp(Runtime.getRuntime().maxMemory() / HEAP_OF_ONE, 1, 16));
  }

  JsonBodies(int largeAtOnce) {
    this.large = new Semaphore(largeAtOnce, true);
  }

  /**
   * What {@code map} makes of the body's object, which should keep nothing of it.
   *
   * @throws ServeException INVALID_REQUEST, PAYLOAD_TOO_LARGE, or QUEUE_FULL if others read large
   *     bodies for too long
   */
  <T> T read(byte @Nullable [] body, Function<ObjectNode, T> map) {
    if (body == null || body.length <= LARGE_BYTES) {
      return map.apply(parse(body));
    }
    enter();
    try {
      return map.apply(parse(body));
    } finally {
      large.release();
    }
  }

  private void enter() {
    try {
      if (large.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ServeException(ErrorCode.SHUTTING_DOWN, "the server is shutting down", e);
    }
    throw new ServeException(
        ErrorCode.QUEUE_FULL,
        "too many large bodies wait to be read (more than %d bytes each); try again later"
            .formatted(LARGE_BYTES));
  }

  private static ObjectNode parse(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      throw refused("the body is empty; send a JSON object");
    }
    try {
      JsonNode node = JsonText.read(decode(body), new JsonBudget());
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw refused("the body is %s; send a JSON object".formatted(Fields.kind(node)));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw refused(
          "the body %s%s"
              .formatted(
                  JsonText.reason(e),
                  at == null
                      ? ""
                      : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr())));
    }
  }

  /** A byte order mark in front is let through, as RFC 8259 (section 8.1) allows. */
  private static String decode(byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) {
      checkUtf8(body);
    }
    return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  private static void checkUtf8(byte[] body) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(body);
    CharBuffer out = CharBuffer.allocate(1 << 12);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isOverflow()) {
      result = decoder.decode(in, out.clear(), true);
    }
    if (result.isError()) {
      throw refused("the body is not valid UTF-8 at byte %d; send UTF-8".formatted(in.position()));
    }
  }

  private static ServeException refused(String message) {
    return new ServeException(ErrorCode.INVALID_REQUEST, message);
  }
}
