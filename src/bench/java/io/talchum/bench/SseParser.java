package io.talchum.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the data of server-sent events in a stream that comes in pieces of any size. Lines end with
 * LF, CRLF or CR. llama.cpp's {@code error:} lines count as data. Owned by one thread.
 */
final class SseParser {
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final List<String> data = new ArrayList<>();
  private boolean afterReturn;

  /** The data of the events that end within these bytes. */
  List<String> feed(byte[] bytes) {
    List<String> events = new ArrayList<>();
    for (byte value : bytes) {
      boolean secondOfTwo = value == '\n' && afterReturn;
      afterReturn = value == '\r';
      if (secondOfTwo) {
        continue;
      }
      if (value == '\n' || value == '\r') {
        line(line.toString(StandardCharsets.UTF_8), events);
        line.reset();
      } else {
        line.write(value);
      }
    }
    return events;
  }

  private void line(String text, List<String> events) {
    if (text.isEmpty()) {
      if (!data.isEmpty()) {
        events.add(String.join("\n", data));
        data.clear();
      }
      return;
    }
    int colon = text.indexOf(':');
    String field = colon < 0 ? text : text.substring(0, colon);
    if (field.equals("data") || field.equals("error")) {
      String value = colon < 0 ? "" : text.substring(colon + 1);
      data.add(value.startsWith(" ") ? value.substring(1) : value);
    }
  }
}
