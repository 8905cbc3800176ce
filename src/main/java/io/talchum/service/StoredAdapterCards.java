package io.talchum.service;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoredName;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is shown of stored adapters: what the disk has, and what of it is in memory. */
record StoredAdapterCards(AdapterStore store, AdapterCache cache, SelfTestStore selfTests) {
  /** All, by name. */
  List<StoredAdapter.Summary> list() {
    return store.list().stream()
        .map(
            known ->
                new StoredAdapter.Summary(
                    known.name(),
                    known.current(),
                    known.pinned(),
                    residentBytes(known.name(), known.current())))
        .toList();
  }

  /** All that is known of a name. */
  StoredAdapter of(StoredName known) {
    String name = known.name();
    return new StoredAdapter(
        name,
        known.current(),
        known.pinned(),
        known.versions().stream().map(version -> version(name, version)).toList(),
        known.previous(),
        known.history().stream().map(StoredAdapter.Event::of).toList());
  }

  private long residentBytes(String name, ContentHash version) {
    AdapterInfo resident = cache.resident(new AdapterId(name, version));
    return resident == null ? 0 : resident.residentBytes();
  }

  private StoredAdapter.Version version(String name, ContentHash version) {
    AdapterInfo resident = cache.resident(new AdapterId(name, version));
    return new StoredAdapter.Version(
        version,
        card(version),
        resident == null ? 0 : resident.residentBytes(),
        leases(new AdapterId(name, version)),
        SelfTestCard.of(selfTests.find(version)));
  }

  /** Requests that run on a version, alone or in a mix. */
  int leases(AdapterId id) {
    AdapterInfo resident = cache.resident(id);
    return (resident == null ? 0 : resident.leases()) + cache.mixLeases(id);
  }

  private StoredAdapter.@Nullable Card card(ContentHash version) {
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
