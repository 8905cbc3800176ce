package io.talchum.api.http;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes wire records as JSON: fields in the order of their components. */
final class Json {
  private static final ObjectWriter WRITER = new JsonMapper().writer();
  private static final byte[] EVENT_START = "data: ".getBytes(StandardCharsets.US_ASCII);

  private Json() {}

  /** One document. */
  static byte[] bytes(Object document) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    write(out, document);
    return out.toByteArray();
  }

  /** One server-sent event: {@code data: <document>} and an empty line. */
  static byte[] event(Object document) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    out.writeBytes(EVENT_START);
    write(out, document);
    out.write('\n');
    out.write('\n');
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, Object document) {
    try {
      WRITER.writeValue(out, document);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory cannot fail", e);
    }
  }
}
