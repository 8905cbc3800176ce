package io.talchum.adapter;

/** Leases as a request takes them: the name is looked up, then its version is held. */
public final class TestLeases {
  private TestLeases() {}

  /**
   * @param reference {@code name}, maybe with a variant
   */
  public static AdapterLease acquire(AdapterRegistry registry, String reference) {
    AdapterReference wanted = AdapterReference.parse(reference);
    AdapterRegistry.Named named =
        registry.named(wanted.name()).orElseThrow(() -> wanted.notFound("none of that name"));
    return registry.cache().acquire(named.source(), named.id(), wanted.variant(), null);
  }
}
