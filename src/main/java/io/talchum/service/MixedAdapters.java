package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.MixPart;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the versions that a mix names. Any thread. */
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
   * Versions with weights, each once.
   *
   * @param parts in the order of the request
   */
  record Named(List<MixPart> parts) {
    Named {
      parts = List.copyOf(parts);
    }

    List<ModelVersions.Part> versions() {
      return parts.stream()
          .map(part -> new ModelVersions.Part(part.id().name(), part.id().version(), part.weight()))
          .toList();
    }
  }

  /**
   * Resolves each name once: what is replaced later does not change it.
   *
   * @param until when to give up waiting for a first trial; null never
   * @throws ServeException INVALID_REQUEST, MODEL_NOT_FOUND
   */
  Named named(List<WeightedAdapter> adapters, Names names, @Nullable Instant until) {
    AdapterMix.check(adapters);
    List<MixPart> parts = new ArrayList<>();
    for (int i = 0; i < adapters.size(); i++) {
      WeightedAdapter wanted = adapters.get(i);
      String param = "adapters[%d].name".formatted(i);
      ModelCard card = names.card(wanted.name(), param);
      if (card.parent() == null) {
        throw ServeException.invalid(
            param, "%s '%s' is the base; name an adapter".formatted(param, card.name()));
      }
      parts.add(part(wanted, card, until));
    }
    return new Named(parts);
  }

  private MixPart part(WeightedAdapter wanted, ModelCard card, @Nullable Instant until) {
    AdapterRegistry.Named named =
        loaded.find(card.name()).isPresent()
            ? loaded.named(wanted.name(), until)
            : new AdapterRegistry.Named(
                new AdapterId(card.name(), card.version()), stored.source());
    AdapterId id = named.id();
    AdapterSource source = named.source();
    return new MixPart(id, wanted.weight(), () -> source.read(id), () -> source.residentBytes(id));
  }

  /**
   * A lease on the mix, which waits here if it is not in memory.
   *
   * @param until when to give up; null never
   */
  AdapterLease acquire(Named named, @Nullable Instant until) {
    return stored.acquire(new AdapterMix(named.parts()), until);
  }
}
