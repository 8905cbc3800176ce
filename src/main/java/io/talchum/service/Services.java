package io.talchum.service;

import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.conditioning.ConditioningPipeline;
import io.talchum.core.ModelSpec;
import io.talchum.engine.Engine;
import java.time.InstantSource;

/**
 * All use cases over one base model.
 *
 * @param chat answers chats
 * @param completion continues text
 * @param models lists models
 * @param adapters loads and unloads adapters
 * @param stored the adapters on disk
 * @param mixes combinations of adapters, kept on disk
 * @param tokens text to tokens and back
 * @param health whether requests are served
 */
public record Services(
    ChatService chat,
    CompletionService completion,
    ModelService models,
    AdapterService adapters,
    StoredAdapters stored,
    SavedMixes mixes,
    TokenizeService tokens,
    HealthService health) {

  public static Services over(
      ConditioningPipeline conditioning,
      ModelSpec spec,
      Engine engine,
      AdapterRegistry adapters,
      AdapterDirectory directory,
      StoredAdapters stored,
      AdapterCards cards,
      RequestIds ids,
      InstantSource clock,
      ServiceLimits limits,
      ServiceListener listener,
      Recorder recorder) {
    ModelService models = new ModelService(conditioning.model(), adapters, stored);
    GenerationStarter starter =
        new GenerationStarter(
            new TargetLeases(cards.cache()),
            engine,
            new TokenSpelling(conditioning.model().tokenizer()),
            ids,
            clock,
            limits,
            listener,
            new Recordings(recorder, clock, Recordings.Limits.DEFAULT));
    return new Services(
        new ChatService(models, conditioning, starter, limits),
        new CompletionService(models, conditioning, starter, limits),
        models,
        new AdapterService(conditioning.model().name(), adapters, directory, stored, cards),
        stored,
        new SavedMixes(conditioning.model().name(), spec, models, stored),
        new TokenizeService(models, conditioning),
        new HealthService(engine));
  }
}
