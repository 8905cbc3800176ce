package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.MixPart;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Finds the versions that a mix names, and holds them while it is used. Any thread. */
final class MixedAdapters {
  private final AdapterRegistry loaded;
  private final StoredAdapters stored;

  MixedAdapters(AdapterRegistry loaded, StoredAdapters stored) {
    this.loaded = loaded;
    this.stored = stored;
  }

  /** Looks a name up: its card, or a refusal of the field. */
  interface Names {
    ModelCard card(String name, String param);
  }

  /**
   * Versions with weights, those that were loaded by hand held until this is closed. Stored ones
   * are held by the mix that is made of them.
   *
   * @param parts in the order of the request
   */
  record Held(List<MixPart> parts, List<AdapterLease> leases) implements AutoCloseable {
    List<ModelVersions.Part> versions() {
      return parts.stream()
          .map(part -> new ModelVersions.Part(part.id().name(), part.id().version(), part.weight()))
          .toList();
    }

    @Override
    public void close() {
      leases.forEach(AdapterLease::close);
    }
  }

  /**
   * Resolves each name once: what is replaced later does not change it.
   *
   * @param until when to give up waiting for a first trial; null never
   * @throws ServeException INVALID_REQUEST, MODEL_NOT_FOUND
   */
  Held hold(List<WeightedAdapter> adapters, Names names, @Nullable Instant until) {
    AdapterMix.check(adapters);
    Held held = new Held(new ArrayList<>(), new ArrayList<>());
    try {
      for (int i = 0; i < adapters.size(); i++) {
        WeightedAdapter wanted = adapters.get(i);
        String param = "adapters[%d].name".formatted(i);
        ModelCard card = names.card(wanted.name(), param);
        if (card.parent() == null) {
          throw ServeException.invalid(
              param, "%s '%s' is the base; name an adapter".formatted(param, card.name()));
        }
        add(wanted, card, held, until);
      }
      return held;
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private void add(WeightedAdapter wanted, ModelCard card, Held held, @Nullable Instant until) {
    if (loaded.find(card.name()).isPresent()) {
      AdapterRegistry.Held one = loaded.hold(wanted.name(), until);
      held.leases().add(one.lease());
      long bytes = one.lease().resident().residentBytes();
      held.parts().add(new MixPart(one.lease().id(), wanted.weight(), one.content(), () -> bytes));
    } else {
      AdapterId id = new AdapterId(card.name(), card.version());
      held.parts()
          .add(
              new MixPart(
                  id, wanted.weight(), () -> stored.read(id), () -> stored.memoryBytes(id)));
    }
  }

  /**
   * A lease on the mix, which waits here if it is not in memory.
   *
   * @param held closed with the lease, or if there is none
   * @param until when to give up; null never
   */
  AdapterLease acquire(Held held, @Nullable Instant until) {
    try {
      return new Lease(stored.acquire(new AdapterMix(held.parts()), until), held);
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private static final class Lease implements AdapterLease {
    private final AdapterLease mix;
    private final Held parts;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(AdapterLease mix, Held parts) {
      this.mix = mix;
      this.parts = parts;
    }

    @Override
    public AdapterId id() {
      return mix.id();
    }

    @Override
    public ResidentAdapter resident() {
      return mix.resident();
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        mix.close();
        parts.close();
      }
    }
  }
}
