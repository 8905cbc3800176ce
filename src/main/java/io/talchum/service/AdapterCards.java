package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.ResidentInfo;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoredName;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.jspecify.annotations.Nullable;

/** What is shown of adapters: what lies on disk, and what of it is in memory. Any thread. */
public record AdapterCards(AdapterCache cache, SelfTestStore selfTests) {
  /** An adapter of a folder. */
  LoadedAdapter of(AdapterInfo info) {
    return new LoadedAdapter(
        info.id().name(),
        info.id().version(),
        info.kind(),
        info.source(),
        info.rank(),
        info.modules(),
        info.memoryBytes(),
        residentBytes(info.id()),
        cache.leases(info.id()),
        info.loadedAt(),
        selfTest(info.id().version()));
  }

  /** A line of a list. */
  StoredAdapter.Summary summary(StoredName known) {
    return new StoredAdapter.Summary(
        known.name(),
        known.current(),
        known.pinned(),
        residentBytes(new AdapterId(known.name(), known.current())));
  }

  /** All that is known of a stored name. */
  StoredAdapter of(StoredName known, AdapterStore store) {
    return new StoredAdapter(
        known.name(),
        known.current(),
        known.pinned(),
        known.versions().stream()
            .map(version -> version(new AdapterId(known.name(), version), store))
            .toList(),
        known.previous(),
        known.history().stream().map(StoredAdapter.Event::of).toList());
  }

  private StoredAdapter.Version version(AdapterId id, AdapterStore store) {
    return new StoredAdapter.Version(
        id.version(),
        card(id.version(), store),
        residentBytes(id),
        cache.leases(id),
        selfTest(id.version()));
  }

  private long residentBytes(AdapterId id) {
    ResidentInfo resident = cache.resident(id);
    return resident == null ? 0 : resident.bytes();
  }

  private SelfTestCard selfTest(ContentHash version) {
    return SelfTestCard.of(selfTests.find(version));
  }

  private static StoredAdapter.@Nullable Card card(ContentHash version, AdapterStore store) {
    try {
      return StoredAdapter.Card.of(store.card(version));
    } catch (ServeException e) {
      if (e.code() == ErrorCode.MODEL_NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }
}
