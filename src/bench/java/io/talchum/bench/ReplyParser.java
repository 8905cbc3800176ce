package io.talchum.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Takes an HTTP/1.1 reply apart as it comes, in pieces of any size: status, then the body without
 * its chunk framing. Owned by one thread.
 */
final class ReplyParser {
  private static final int MAX_LINE = 1 << 14;

  private enum Part {
    STATUS,
    HEADER,
    BODY,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER,
    DONE
  }

  private final StringBuilder line = new StringBuilder();
  private Part part = Part.STATUS;
  private int status;
  private boolean chunked;
  private long chunkLeft;

  /** The status code; 0 before the status line is complete. */
  int status() {
    return status;
  }

  /** Whether a chunked body has ended; one without chunks ends with the connection. */
  boolean isComplete() {
    return part == Part.DONE || part == Part.BODY;
  }

  /** The bytes of the body that these bytes hold. */
  byte[] feed(byte[] bytes) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; ) {
      switch (part) {
        case BODY -> {
          body.write(bytes, i, bytes.length - i);
          i = bytes.length;
        }
        case CHUNK -> {
          int count = (int) Math.min(chunkLeft, bytes.length - i);
          body.write(bytes, i, count);
          i += count;
          chunkLeft -= count;
          part = chunkLeft == 0 ? Part.CHUNK_END : Part.CHUNK;
        }
        case DONE -> i = bytes.length;
        case STATUS, HEADER, CHUNK_SIZE, CHUNK_END, TRAILER -> character(bytes[i++]);
      }
    }
    return body.toByteArray();
  }

  private void character(byte value) throws IOException {
    if (value != '\n') {
      if (line.length() >= MAX_LINE) {
        throw new IOException("the reply has a header line of more than " + MAX_LINE + " bytes");
      }
      line.append((char) (value & 0xff));
      return;
    }
    String text = line.toString().stripTrailing();
    line.setLength(0);
    line(text);
  }

  private void line(String text) throws IOException {
    part =
        switch (part) {
          case STATUS -> {
            status = statusOf(text);
            yield Part.HEADER;
          }
          case HEADER -> header(text);
          case CHUNK_SIZE -> {
            chunkLeft = sizeOf(text);
            yield chunkLeft == 0 ? Part.TRAILER : Part.CHUNK;
          }
          case CHUNK_END -> Part.CHUNK_SIZE;
          case TRAILER -> text.isEmpty() ? Part.DONE : Part.TRAILER;
          case BODY, CHUNK, DONE -> part;
        };
  }

  private Part header(String text) {
    if (!text.isEmpty()) {
      String lower = text.toLowerCase(Locale.ROOT);
      chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
      return Part.HEADER;
    }
    if (status == 100) {
      return Part.STATUS;
    }
    return chunked ? Part.CHUNK_SIZE : Part.BODY;
  }

  private static int statusOf(String text) throws IOException {
    String[] words = text.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("\\d{3}")) {
      throw new IOException("not an HTTP/1 reply: it starts with '" + text + "'");
    }
    return Integer.parseInt(words[1]);
  }

  private static long sizeOf(String text) throws IOException {
    String digits = text.split(";", 2)[0].strip();
    if (!digits.matches("[0-9a-fA-F]{1,8}")) {
      throw new IOException("'" + text + "' is no size of a chunk");
    }
    return Long.parseLong(digits, 16);
  }

  /** Text of a whole reply, for small ones. */
  static String textOf(byte[] body) {
    return new String(body, StandardCharsets.UTF_8);
  }
}
