package io.talchum.adapter;

import java.time.Instant;

/**
 * What the registry tells of a loaded adapter.
 *
 * @param kind {@code peft_type}
 * @param source name of the folder it was read from
 * @param rank largest rank of a module
 * @param residentBytes host memory held
 * @param leases requests that hold this version now
 */
public record AdapterInfo(
    AdapterId id,
    String kind,
    String source,
    int rank,
    long residentBytes,
    Instant loadedAt,
    int leases) {

  AdapterInfo withLeases(int now) {
    return new AdapterInfo(id, kind, source, rank, residentBytes, loadedAt, now);
  }
}
