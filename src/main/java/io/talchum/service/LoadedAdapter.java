package io.talchum.service;

import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.core.ContentHash;
import java.time.Instant;

/**
 * An adapter that requests can use.
 *
 * @param source name of the folder it was read from
 * @param rank largest rank of a module
 */
public record LoadedAdapter(
    String name,
    ContentHash version,
    String source,
    int rank,
    long residentBytes,
    Instant loadedAt,
    SelfTestCard selfTest) {

  static LoadedAdapter of(AdapterInfo info, SelfTestStore selfTests) {
    return new LoadedAdapter(
        info.id().name(),
        info.id().version(),
        info.source(),
        info.rank(),
        info.residentBytes(),
        info.loadedAt(),
        SelfTestCard.of(selfTests.find(info.id().version())));
  }
}
