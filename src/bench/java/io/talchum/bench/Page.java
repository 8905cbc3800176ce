package io.talchum.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A reply to a GET. */
record Page(int status, String text) {
  static Page get(Target target, String path, Duration timeout) throws IOException {
    try (Exchange exchange = Exchange.get(target, path, timeout)) {
      ReplyParser reply = new ReplyParser();
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      for (Recording.Read read : exchange.run().reads()) {
        body.writeBytes(reply.feed(read.bytes()));
      }
      return new Page(reply.status(), body.toString(StandardCharsets.UTF_8));
    }
  }
}
