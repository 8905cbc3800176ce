package io.talchum.wiring;

import io.quarkus.arc.DefaultBean;
import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.store.AdapterStore;
import io.talchum.adapter.store.SelfTestStore;
import io.talchum.adapter.store.StoreSource;
import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.GateLimits;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.conditioning.SamplingLimits;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineConfig;
import io.talchum.service.AdapterCards;
import io.talchum.service.ApiKeys;
import io.talchum.service.ModelCatalog;
import io.talchum.service.Recorder;
import io.talchum.service.RequestIds;
import io.talchum.service.SelfTests;
import io.talchum.service.ServiceLimits;
import io.talchum.service.Services;
import io.talchum.service.StoredAdapters;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;

/** Makes the parts, each once, and says who closes what. */
public class Composition {
  /** How long an upload waits for adapters that running requests use. */
  private static final Duration TRIAL_PATIENCE = Duration.ofSeconds(30);

  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
  }

  @Produces
  @Singleton
  ApiKeys apiKeys(TalchumConfig config) {
    return ApiKeyFile.read(config);
  }

  @Produces
  @Singleton
  GateLimits gateLimits(TalchumConfig config) {
    return new GateLimits(
        config.maxBody().asLongValue(),
        config.bodyTimeout(),
        config.headTimeout(),
        config.idleTimeout(),
        config.maxConnections(),
        config.corsOrigins().orElse(List.of()));
  }

  @Produces
  @Singleton
  BodyBudget bodyBudget(TalchumConfig config) {
    return new BodyBudget(config.bodyMemory().asLongValue());
  }

  @Produces
  @Singleton
  Engine engine(
      OpenedModel model, TalchumConfig config, InstantSource clock, EngineMetrics metrics) {
    return Engine.start(
        model.executor(),
        model.served().tokenizer(),
        new EngineConfig(
            Set.copyOf(model.served().special().eosTokenIds()),
            config.queueCapacity(),
            model.running().prefillTokens(),
            model.running().prefillTokensAlone(),
            model.prefixCacheBytes()),
        clock,
        metrics);
  }

  /** Running requests have had their time when the container stops. */
  void stop(@Disposes Engine engine, OpenedModel model) {
    if (engine.drain(Duration.ZERO)) {
      model.executor().close();
    }
  }

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
            cache.trialRoom(TRIAL_PATIENCE)),
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
      SelfTests trial,
      AdapterCache cache,
      AdapterRegistry adapters,
      SelfTestStore selfTests,
      TalchumConfig config) {
    return new StoredAdapters(
        model.served().name(),
        new StoreSource(store, trial),
        cache,
        adapters,
        new AdapterCards(cache, selfTests),
        config.maxAdapterUpload().asLongValue());
  }

  @Produces
  @Singleton
  @DefaultBean
  Recorder recorder() {
    return Recorder.none();
  }

  @Produces
  @Singleton
  Services services(
      OpenedModel model,
      Engine engine,
      AdapterRegistry adapters,
      AdapterDirectory directory,
      StoredAdapters stored,
      AdapterCache cache,
      SelfTestStore selfTests,
      TalchumConfig config,
      InstantSource clock,
      EngineMetrics metrics,
      Recorder recorder) {
    SecureRandom random = new SecureRandom();
    return Services.over(
        new ConditioningPipeline(model.served(), SamplingLimits.DEFAULT, random),
        model.base().spec(),
        engine,
        adapters,
        directory,
        stored,
        new AdapterCards(cache, selfTests),
        new RequestIds(clock, random),
        clock,
        new ServiceLimits(config.maxChoices(), config.maxPrompts(), config.deadline().orElse(null)),
        metrics,
        recorder);
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
