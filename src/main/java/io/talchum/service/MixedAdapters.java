package io.talchum.service;

import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.MixPart;
import io.talchum.conditioning.ResolvedTarget;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.util.ArrayList;
import java.util.List;

/**
 * The versions that a mix names: each name is resolved once, what is replaced later does not change
 * it.
 *
 * @param parts in the order of the request
 */
record MixedAdapters(List<Part> parts) {
  MixedAdapters {
    parts = List.copyOf(parts);
  }

  /** A version with its weight. */
  record Part(ResolvedTarget.Adapter adapter, double weight) {
    private MixPart mixPart() {
      return new MixPart(
          adapter.id(),
          weight,
          () -> adapter.source().read(adapter.id()),
          () -> adapter.source().residentBytes(adapter.id()));
    }
  }

  /** Looks a name up, or refuses the field. */
  interface Names {
    ResolvedTarget resolve(String name, String param);
  }

  /**
   * @throws ServeException INVALID_REQUEST, MODEL_NOT_FOUND, naming the field
   */
  static MixedAdapters of(List<WeightedAdapter> wanted, Names names) {
    AdapterMix.check(wanted);
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      String param = "adapters[%d].name".formatted(i);
      if (!(names.resolve(wanted.get(i).name(), param) instanceof ResolvedTarget.Adapter adapter)) {
        throw ServeException.invalid(
            param,
            "%s '%s' is the base; name an adapter"
                .formatted(param, Printable.of(wanted.get(i).name())));
      }
      parts.add(new Part(adapter, wanted.get(i).weight()));
    }
    return new MixedAdapters(parts);
  }

  /** As the answer names them. */
  List<ModelVersions.Part> versions() {
    return parts.stream()
        .map(
            part ->
                new ModelVersions.Part(
                    part.adapter().id().name(), part.adapter().id().version(), part.weight()))
        .toList();
  }

  List<MixPart> mixParts() {
    return parts.stream().map(Part::mixPart).toList();
  }

  List<ResolvedTarget.Adapter> adapters() {
    return parts.stream().map(Part::adapter).toList();
  }
}
