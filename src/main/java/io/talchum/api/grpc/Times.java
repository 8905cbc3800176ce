package io.talchum.api.grpc;

import com.google.protobuf.Timestamp;
import java.time.Instant;

/** Points in time on the wire. */
final class Times {
  private Times() {}

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}
