package io.talchum.service;

import io.talchum.adapter.AdapterFacts;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.AdapterReference;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSource;
import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.store.StoredName;
import io.talchum.conditioning.ResolvedTarget;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.core.WeightedAdapter;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which models there are, and which one a request means. Nothing here loads anything. */
public final class ModelService {
  /** Names told to a client that asked for an unknown one. */
  private static final int NAMES_TOLD = 20;

  private final ServedModel base;
  private final AdapterRegistry adapters;
  private final StoredAdapters stored;

  public ModelService(ServedModel base, AdapterRegistry adapters, StoredAdapters stored) {
    this.base = base;
    this.adapters = adapters;
    this.stored = stored;
  }

  /** The base, then its adapters by name. */
  public List<ModelCard> models() {
    List<ModelCard> loaded = adapters.list().stream().map(this::card).toList();
    Set<String> shadowed = loaded.stream().map(ModelCard::name).collect(Collectors.toSet());
    Stream<ModelCard> others =
        stored.names().stream()
            .filter(name -> !shadowed.contains(name.name()))
            .map(name -> card(new AdapterId(name.name(), name.current()), since(name)));
    return Stream.concat(
            Stream.of(baseCard()),
            Stream.concat(loaded.stream(), others).sorted(Comparator.comparing(ModelCard::name)))
        .toList();
  }

  /**
   * One model by name or {@code name@version}.
   *
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  public ModelCard model(String model) {
    AdapterReference wanted = AdapterReference.parse(model);
    if (isBase(wanted, "model")) {
      return baseCard();
    }
    Found found = require(wanted, "model");
    return card(found.id(), found.created());
  }

  /**
   * What a request is for.
   *
   * @param model null is the base
   * @param mix mostly empty; else the model must be the base
   * @throws ServeException MODEL_NOT_FOUND with the known names; INVALID_REQUEST
   */
  ResolvedTarget resolve(@Nullable String model, List<WeightedAdapter> mix) {
    ResolvedTarget target = model == null ? base() : resolve(model, "model");
    if (mix.isEmpty()) {
      return target;
    }
    if (target instanceof ResolvedTarget.Adapter) {
      throw ServeException.invalid(
          "model",
          "model '%s' is an adapter, and adapters names some too; move it there with its weight, and leave model out or say '%s'"
              .formatted(Printable.of(String.valueOf(model)), base.name()));
    }
    return mix(mixed(mix));
  }

  /** The versions that a mix names. */
  MixedAdapters mixed(List<WeightedAdapter> adapters) {
    return MixedAdapters.of(adapters, this::resolve);
  }

  private ResolvedTarget.Mix mix(MixedAdapters mixed) {
    AdapterMix mix = new AdapterMix(mixed.mixParts());
    return new ResolvedTarget.Mix(
        new ModelVersions(base.name(), base.version(), null, null, mixed.versions()),
        base.defaults(),
        mix.id(),
        mix,
        mixed.adapters());
  }

  private ResolvedTarget.Base base() {
    return new ResolvedTarget.Base(
        new ModelVersions(base.name(), base.version(), null, null), base.defaults());
  }

  private ResolvedTarget resolve(String model, String param) {
    AdapterReference wanted = AdapterReference.parse(param, model);
    if (isBase(wanted, param)) {
      return base();
    }
    Found found = require(wanted, param);
    AdapterFacts facts = found.source().facts(found.id());
    int unused = wanted.variantOf(facts.variants());
    return new ResolvedTarget.Adapter(
        new ModelVersions(
            base.name(), base.version(), wanted.nameWithVariant(), found.id().version()),
        base.defaults(),
        found.id(),
        found.source(),
        wanted.variant(),
        facts);
  }

  private boolean isBase(AdapterReference wanted, String param) {
    if (!wanted.name().equals(base.name())) {
      return false;
    }
    if (wanted.variant().isPresent() || !wanted.matches(base.version())) {
      throw otherVersion(wanted, param, new AdapterId(base.name(), base.version()));
    }
    return true;
  }

  /** A version of an adapter and what reads it. */
  private record Found(AdapterId id, AdapterSource source, Instant created) {}

  private Found require(AdapterReference wanted, String param) {
    Found found = find(wanted).orElseThrow(() -> unknown(wanted, param));
    if (!wanted.matches(found.id().version())) {
      throw otherVersion(wanted, param, found.id());
    }
    return found;
  }

  private Optional<Found> find(AdapterReference wanted) {
    return adapters
        .named(wanted.name())
        .map(named -> new Found(named.id(), named.source(), named.since()))
        .or(
            () ->
                stored
                    .find(wanted.name())
                    .map(
                        name ->
                            new Found(
                                new AdapterId(name.name(), version(name, wanted)),
                                stored.source(),
                                since(name))));
  }

  /** Any stored version may be named, the current one if none is. */
  private static ContentHash version(StoredName name, AdapterReference wanted) {
    return wanted.version().isEmpty()
        ? name.current()
        : name.versions().stream().filter(wanted::matches).findFirst().orElse(name.current());
  }

  private static Instant since(StoredName name) {
    return name.history().getLast().at();
  }

  private ModelCard baseCard() {
    return new ModelCard(
        base.name(),
        base.version(),
        null,
        base.contextTokens(),
        base.opened(),
        SamplingDefaults.of(base.defaults()));
  }

  private ModelCard card(AdapterInfo adapter) {
    return card(adapter.id(), adapter.loadedAt());
  }

  private ModelCard card(AdapterId adapter, Instant created) {
    return new ModelCard(
        adapter.name(),
        adapter.version(),
        base.name(),
        base.contextTokens(),
        created,
        SamplingDefaults.of(base.defaults()));
  }

  private ServeException unknown(AdapterReference wanted, String param) {
    return notFound(wanted, param, "known are " + known());
  }

  private static ServeException otherVersion(AdapterReference wanted, String param, AdapterId now) {
    return notFound(wanted, param, "the current version is " + now);
  }

  private static ServeException notFound(AdapterReference wanted, String param, String instead) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        param,
        "model '%s' does not exist here; %s".formatted(Printable.of(wanted.toString()), instead));
  }

  private String known() {
    List<String> names = models().stream().map(ModelCard::name).toList();
    String told = names.stream().limit(NAMES_TOLD).collect(Collectors.joining(", "));
    int more = names.size() - NAMES_TOLD;
    return more > 0 ? "%s and %d more".formatted(told, more) : told;
  }
}
