package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.JsonText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads request bodies: one JSON object, bounded in depth and numbers, without duplicate keys. */
final class JsonBody {
  private JsonBody() {}

  /**
   * The body's object.
   *
   * @throws ServeException INVALID_REQUEST
   */
  static ObjectNode parse(byte @Nullable [] body) {
    if (body == null || body.length == 0) {
      throw refused("the body is empty; send a JSON object");
    }
    String text = decode(body);
    try {
      JsonNode node = JsonText.STRICT.readTree(text);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw refused("the body is not a JSON object but " + Fields.kind(node));
    } catch (StreamConstraintsException e) {
      throw refused(constraint(e));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String where =
          at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
      throw refused("the body is not valid JSON%s: %s".formatted(where, e.getOriginalMessage()));
    } catch (IOException e) {
      throw refused("the body cannot be read: " + e.getMessage());
    }
  }

  private static String constraint(StreamConstraintsException e) {
    return String.valueOf(e.getMessage()).contains("nesting depth")
        ? "the body is nested deeper than %d levels; flatten it".formatted(JsonText.MAX_DEPTH)
        : "the body breaks a limit: " + e.getOriginalMessage();
  }

  private static String decode(byte[] body) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(body);
    CharBuffer out = CharBuffer.allocate(body.length);
    CoderResult result = decoder.decode(in, out, true);
    try {
      if (result.isError()) {
        result.throwException();
      }
    } catch (CharacterCodingException e) {
      throw refused("the body is not valid UTF-8 at byte " + in.position());
    }
    return out.flip().toString();
  }

  private static ServeException refused(String message) {
    return new ServeException(ErrorCode.INVALID_REQUEST, message);
  }
}
