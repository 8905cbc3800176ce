package io.talchum.service;

import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which models there are, and which one a request means. */
public final class ModelService {
  /** Names told to a client that asked for an unknown one. */
  private static final int NAMES_TOLD = 20;

  private final ServedModel base;
  private final AdapterRegistry adapters;

  public ModelService(ServedModel base, AdapterRegistry adapters) {
    this.base = base;
    this.adapters = adapters;
  }

  /** The base, then its adapters by name. */
  public List<ModelCard> models() {
    return Stream.concat(Stream.of(baseCard()), adapters.list().stream().map(this::card)).toList();
  }

  /**
   * One model by name or {@code name@version}.
   *
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  public ModelCard model(String model) {
    ModelName wanted = ModelName.parse(model);
    Optional<ModelCard> card =
        wanted.name().equals(base.name())
            ? Optional.of(baseCard())
            : adapters.find(wanted.name()).map(this::card);
    return card.filter(c -> wanted.matches(c.version()))
        .orElseThrow(() -> unknown(model, card.orElse(null)));
  }

  /**
   * What the request runs on; the caller closes it.
   *
   * @param model null is the base
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  Resolved resolve(@Nullable String model) {
    if (model == null || model(model).parent() == null) {
      return Resolved.base(base);
    }
    return Resolved.adapter(base, adapters.acquire(model));
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

  private ServeException unknown(String model, @Nullable ModelCard otherVersion) {
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "model",
        otherVersion == null
            ? "model '%s' does not exist here; known are %s".formatted(Shown.of(model), known())
            : "model '%s' does not exist here; the current version is %s"
                .formatted(Shown.of(model), otherVersion.exactName()));
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
