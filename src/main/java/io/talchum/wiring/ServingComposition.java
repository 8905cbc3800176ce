package io.talchum.wiring;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.conditioning.SamplingLimits;
import io.talchum.engine.Engine;
import io.talchum.service.ChatService;
import io.talchum.service.CompletionService;
import io.talchum.service.GenerationStarter;
import io.talchum.service.ModelService;
import io.talchum.service.Recorder;
import io.talchum.service.RequestIds;
import io.talchum.service.ServiceLimits;
import io.talchum.service.StatusService;
import io.talchum.service.StoredAdapters;
import io.talchum.service.TokenizeService;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.InstantSource;

/** Makes the use cases of requests. */
public class ServingComposition {
  private final SecureRandom random = new SecureRandom();

  @Produces
  @Singleton
  ConditioningPipeline conditioning(OpenedModel model) {
    return new ConditioningPipeline(model.served(), SamplingLimits.DEFAULT, random);
  }

  @Produces
  @Singleton
  ServiceLimits limits(TalchumConfig config) {
    return new ServiceLimits(
        config.maxChoices(), config.maxPrompts(), config.deadline().orElse(null));
  }

  @Produces
  @Singleton
  GenerationStarter starter(
      OpenedModel model,
      Engine engine,
      AdapterCache adapters,
      InstantSource clock,
      ServiceLimits limits,
      EngineMetrics metrics,
      Recorder recorder) {
    return GenerationStarter.over(
        engine,
        model.served().tokenizer(),
        adapters,
        new RequestIds(clock, random),
        clock,
        limits,
        metrics,
        recorder);
  }

  @Produces
  @Singleton
  ModelService models(OpenedModel model, AdapterRegistry adapters, StoredAdapters stored) {
    return new ModelService(model.served(), adapters, stored);
  }

  @Produces
  @Singleton
  ChatService chat(
      ModelService models,
      ConditioningPipeline conditioning,
      GenerationStarter starter,
      ServiceLimits limits) {
    return new ChatService(models, conditioning, starter, limits);
  }

  @Produces
  @Singleton
  CompletionService completion(
      ModelService models,
      ConditioningPipeline conditioning,
      GenerationStarter starter,
      ServiceLimits limits) {
    return new CompletionService(models, conditioning, starter, limits);
  }

  @Produces
  @Singleton
  TokenizeService tokens(ModelService models, ConditioningPipeline conditioning) {
    return new TokenizeService(models, conditioning);
  }

  @Produces
  @Singleton
  StatusService status(Engine engine, OpenedModel model) {
    return new StatusService(engine, model.running().products());
  }
}
