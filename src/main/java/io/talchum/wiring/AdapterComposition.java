package io.talchum.wiring;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import io.talchum.service.AdapterCards;
import io.talchum.service.AdapterService;
import io.talchum.service.ModelCatalog;
import io.talchum.service.ModelService;
import io.talchum.service.SavedMixes;
import io.talchum.service.SelfTests;
import io.talchum.service.StoredAdapters;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** Makes what keeps adapters, on disk and in memory, and closes it. */
public class AdapterComposition {
  /** How long an upload waits for adapters that running requests use. */
  private static final Duration SELF_TEST_TIMEOUT = Duration.ofSeconds(30);

  @Produces
  @Singleton
  SelfTestStore selfTestResults(ModelCatalog catalog, OpenedModel model) {
    return SelfTestStore.open(
        catalog.adapterStoreOf(model.served().name()).resolve("self-tests"),
        model.served().version());
  }

  @Produces
  @Singleton
  SelfTests selfTests(
      Engine engine, OpenedModel model, SelfTestStore results, InstantSource clock) {
    return new SelfTests(engine, model.executor().spec().vocabSize(), results, clock);
  }

  @Produces
  @Singleton
  AdapterRegistry adapters(
      OpenedModel model, SelfTests selfTests, AdapterCache cache, InstantSource clock) {
    return new AdapterRegistry(
        Set.of(model.served().name()), AdapterReaders.of(model.base()), selfTests, cache, clock);
  }

  void close(@Disposes AdapterRegistry adapters) {
    adapters.close();
  }

  @Produces
  @Singleton
  AdapterDirectory adapterDirectory(TalchumConfig config, ModelCatalog catalog, OpenedModel model) {
    return new AdapterDirectory(
        List.of(
            config
                .adapters()
                .orElseGet(() -> ownAdapters(catalog.adaptersOf(model.served().name())))));
  }

  @Produces
  @Singleton
  AdapterStore adapterStore(
      ModelCatalog catalog,
      OpenedModel model,
      SelfTests selfTests,
      AdapterCache cache,
      InstantSource clock) {
    return AdapterStore.open(
        catalog.adapterStoreOf(model.served().name()),
        new AdapterStore.Base(
            model.served().name(),
            model.served().version(),
            AdapterReaders.of(model.base()),
            model.executor()::prepare,
            selfTests,
            cache.trialRoom(SELF_TEST_TIMEOUT)),
        clock);
  }

  void close(@Disposes AdapterStore store) {
    store.close();
  }

  @Produces
  @Singleton
  AdapterCache adapterCache(
      OpenedModel model, TalchumConfig config, InstantSource clock, AdapterMetrics metrics) {
    return new AdapterCache(
        model.executor()::prepare,
        new AdapterCache.Limits(config.adapterMemory().asLongValue(), config.queueCapacity()),
        clock,
        metrics);
  }

  void close(@Disposes AdapterCache cache) {
    cache.close();
  }

  @Produces
  @Singleton
  StoredAdapters storedAdapters(
      OpenedModel model,
      AdapterStore store,
      SelfTests selfTest,
      AdapterCache cache,
      AdapterRegistry adapters,
      AdapterCards cards,
      TalchumConfig config) {
    return new StoredAdapters(
        model.served().name(),
        new StoreSource(store, selfTest),
        cache,
        adapters,
        cards,
        config.maxAdapterUpload().asLongValue());
  }

  @Produces
  @Singleton
  AdapterCards adapterCards(AdapterCache cache, SelfTestStore selfTests) {
    return new AdapterCards(cache, selfTests);
  }

  @Produces
  @Singleton
  AdapterService adapterService(
      OpenedModel model,
      AdapterRegistry adapters,
      AdapterDirectory directory,
      StoredAdapters stored,
      AdapterCards cards) {
    return new AdapterService(model.served().name(), adapters, directory, stored, cards);
  }

  @Produces
  @Singleton
  SavedMixes savedMixes(OpenedModel model, ModelService models, StoredAdapters stored) {
    return new SavedMixes(model.served().name(), model.base().spec(), models, stored);
  }

  private static Path ownAdapters(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST,
          "the folder %s cannot be written (%s); set talchum.data-dir".formatted(folder, e),
          e);
    }
  }
}
