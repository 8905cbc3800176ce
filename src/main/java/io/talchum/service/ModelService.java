package io.talchum.service;

import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterReference;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.store.StoredName;
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

/** Which models there are, and which one a request means. */
public final class ModelService {
  /** Names told to a client that asked for an unknown one. */
  private static final int NAMES_TOLD = 20;

  private final ServedModel base;
  private final AdapterRegistry adapters;
  private final StoredAdapters stored;
  private final MixedAdapters mixes;

  public ModelService(ServedModel base, AdapterRegistry adapters, StoredAdapters stored) {
    this.base = base;
    this.adapters = adapters;
    this.stored = stored;
    this.mixes = new MixedAdapters(adapters, stored);
  }

  /** The base, then its adapters by name. */
  public List<ModelCard> models() {
    List<ModelCard> loaded = adapters.list().stream().map(this::card).toList();
    Set<String> shadowed = loaded.stream().map(ModelCard::name).collect(Collectors.toSet());
    Stream<ModelCard> others =
        stored.names().stream()
            .filter(name -> !shadowed.contains(name.name()))
            .map(name -> card(name, name.current()));
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
    return model(model, "model");
  }

  private ModelCard model(String model, String param) {
    ModelName wanted = ModelName.parse(model);
    Optional<ModelCard> card =
        wanted.name().equals(base.name())
            ? Optional.of(baseCard())
            : adapters
                .find(wanted.name())
                .map(this::card)
                .or(
                    () ->
                        stored.find(wanted.name()).map(name -> card(name, version(name, wanted))));
    return card.filter(c -> wanted.matches(c.version()))
        .orElseThrow(() -> unknown(model, param, card.orElse(null)));
  }

  /**
   * What the request runs on; the caller closes it. Waits for an adapter that is not in memory.
   *
   * @param model null is the base
   * @param until when to give up waiting; null never
   * @throws ServeException MODEL_NOT_FOUND with the known names; DEADLINE_EXCEEDED, QUEUE_FULL and
   *     what the load throws
   */
  Resolved resolve(@Nullable String model, @Nullable Instant until) {
    if (model == null) {
      return Resolved.base(base);
    }
    ModelCard card = model(model);
    if (card.parent() == null) {
      return Resolved.base(base);
    }
    return Resolved.adapter(
        base,
        adapters.find(card.name()).isPresent()
            ? adapters.acquire(model, until)
            : stored.acquire(
                new AdapterId(card.name(), card.version()),
                AdapterReference.parse(model).task(),
                until));
  }

  /**
   * The same for a request that may name a mix.
   *
   * @param mix mostly empty; else the model must be the base
   */
  Resolved resolve(@Nullable String model, List<WeightedAdapter> mix, @Nullable Instant until) {
    if (mix.isEmpty()) {
      return resolve(model, until);
    }
    if (model != null && model(model).parent() != null) {
      throw ServeException.invalid(
          "model",
          "model '%s' is an adapter, and adapters names some too; move it there with its weight, and leave model out or say '%s'"
              .formatted(Printable.of(model), base.name()));
    }
    MixedAdapters.Named named = named(mix, until);
    return Resolved.mix(base, mixes.acquire(named, until), named.versions());
  }

  /** The versions that are named. */
  MixedAdapters.Named named(List<WeightedAdapter> adapters, @Nullable Instant until) {
    return mixes.named(adapters, this::model, until);
  }

  /** Any stored version may be named, the current one if none is. */
  private static ContentHash version(StoredName name, ModelName wanted) {
    return wanted.version().isEmpty()
        ? name.current()
        : name.versions().stream().filter(wanted::matches).findFirst().orElse(name.current());
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
    return new ModelCard(
        adapter.id().name(),
        adapter.id().version(),
        base.name(),
        base.contextTokens(),
        adapter.loadedAt(),
        SamplingDefaults.of(base.defaults()));
  }

  private ModelCard card(StoredName adapter, ContentHash version) {
    return new ModelCard(
        adapter.name(),
        version,
        base.name(),
        base.contextTokens(),
        adapter.history().getLast().at(),
        SamplingDefaults.of(base.defaults()));
  }

  private ServeException unknown(String model, String param, @Nullable ModelCard otherVersion) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        param,
        otherVersion == null
            ? "model '%s' does not exist here; known are %s".formatted(Printable.of(model), known())
            : "model '%s' does not exist here; the current version is %s"
                .formatted(Printable.of(model), otherVersion.exactName()));
  }

  private String known() {
    List<String> names = models().stream().map(ModelCard::name).toList();
    String told = names.stream().limit(NAMES_TOLD).collect(Collectors.joining(", "));
    int more = names.size() - NAMES_TOLD;
    return more > 0 ? "%s and %d more".formatted(told, more) : told;
  }

  /** The versions that a request runs on, and the right to use them. */
  record Resolved(ModelVersions versions, @Nullable SharedLease lease) implements AutoCloseable {
    static Resolved base(ServedModel base) {
      return new Resolved(new ModelVersions(base.name(), base.version(), null, null), null);
    }

    static Resolved adapter(ServedModel base, AdapterLease lease) {
      return new Resolved(
          new ModelVersions(base.name(), base.version(), lease.id().name(), lease.id().version()),
          new SharedLease(lease));
    }

    static Resolved mix(ServedModel base, AdapterLease lease, List<ModelVersions.Part> mix) {
      return new Resolved(
          new ModelVersions(base.name(), base.version(), null, null, mix), new SharedLease(lease));
    }

    /** The base, the adapter's name, or one name for all mixes. */
    String fairnessName() {
      return lease == null ? versions.name() : lease.id().name();
    }

    /** Tokens that the adapter puts in front of every prompt. */
    int virtualTokens() {
      return lease == null ? 0 : lease.virtualTokens();
    }

    @Override
    public void close() {
      if (lease != null) {
        lease.close();
      }
    }
  }
}
