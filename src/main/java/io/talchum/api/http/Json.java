package io.talchum.api.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes JSON field by field, without reflection. */
final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final byte[] EVENT_START = "data: ".getBytes(StandardCharsets.US_ASCII);

  private Json() {}

  /** What goes into a document. */
  interface Content {
    void write(JsonGenerator json) throws IOException;
  }

  /** One document. */
  static byte[] bytes(Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    write(out, content);
    return out.toByteArray();
  }

  /** One server-sent event: {@code data: <document>} and an empty line. */
  static byte[] event(Content content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    out.writeBytes(EVENT_START);
    write(out, content);
    out.write('\n');
    out.write('\n');
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, Content content) {
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      content.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
  }
}
