package io.talchum.service;

import io.talchum.adapter.AdapterLease;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which models there are, and which one a request means. */
public final class ModelService {
  /** Names told to a client that asked for an unknown one. */
  private static final int NAMES_TOLD = 20;

  private final ServedModel base;
  private final AdapterCatalog adapters;

  public ModelService(ServedModel base, AdapterCatalog adapters) {
    this.base = base;
    this.adapters = adapters;
  }

  /** The base, then its adapters by name. */
  public List<ModelCard> models() {
    List<ModelCard> cards =
        adapters.list().stream()
            .map(
                a ->
                    new ModelCard(
                        a.id().name(),
                        a.id().version(),
                        base.name(),
                        base.contextTokens(),
                        a.loaded()))
            .sorted(java.util.Comparator.comparing(ModelCard::name))
            .collect(Collectors.toList());
    cards.addFirst(
        new ModelCard(base.name(), base.version(), null, base.contextTokens(), base.opened()));
    return List.copyOf(cards);
  }

  /**
   * One model by name or {@code name@version}.
   *
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  public ModelCard model(String model) {
    ModelName wanted = ModelName.parse(model);
    return models().stream()
        .filter(card -> card.name().equals(wanted.name()))
        .filter(
            card -> wanted.version() == null || card.version().hex().startsWith(wanted.version()))
        .findFirst()
        .orElseThrow(() -> unknown(model));
  }

  /**
   * What the request runs on; the caller closes the lease.
   *
   * @param model null is the base
   * @throws ServeException MODEL_NOT_FOUND with the known names
   */
  Resolved resolve(@Nullable String model) {
    if (model == null || model.equals(base.name())) {
      return Resolved.base(base);
    }
    ModelName wanted = ModelName.parse(model);
    String version = wanted.version();
    if (wanted.name().equals(base.name())) {
      if (version != null && base.version().hex().startsWith(version)) {
        return Resolved.base(base);
      }
      throw unknown(model);
    }
    Optional<AdapterLease> lease = adapters.acquire(wanted.name(), version);
    return Resolved.adapter(base, lease.orElseThrow(() -> unknown(model)));
  }

  private ServeException unknown(String model) {
    List<String> names = models().stream().map(ModelCard::name).toList();
    String known = names.stream().limit(NAMES_TOLD).collect(Collectors.joining(", "));
    String more =
        names.size() > NAMES_TOLD ? " and %d more".formatted(names.size() - NAMES_TOLD) : "";
    return ServeException.of(
        ErrorCode.MODEL_NOT_FOUND,
        "model",
        "model '%s' does not exist here; known are %s%s".formatted(Shown.of(model), known, more));
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

    @Override
    public void close() {
      if (lease != null) {
        lease.close();
      }
    }
  }
}
