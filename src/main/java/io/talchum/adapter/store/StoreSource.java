package io.talchum.adapter.store;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.AdapterSource;
import java.util.List;

/** How the cache reads what a store has; what was stored untried is tried once. Any thread. */
public record StoreSource(AdapterStore store, AdapterSelfTest selfTest) implements AdapterSource {
  @Override
  public AdapterContent read(AdapterId id) {
    return store.read(id);
  }

  @Override
  public void check(AdapterId id, List<AdapterSelfTest.Part> parts) {
    selfTest.firstUse(id, parts);
  }

  @Override
  public long residentBytes(AdapterId id) {
    return store.card(id.version()).residentBytes();
  }

  @Override
  public AdapterFacts facts(AdapterId id) {
    return store.facts(id);
  }

  @Override
  public boolean isPinned(AdapterId id) {
    return store
        .find(id.name())
        .filter(name -> name.pinned() && name.current().equals(id.version()))
        .isPresent();
  }
}
