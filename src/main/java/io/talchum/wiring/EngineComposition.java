package io.talchum.wiring;

import io.quarkus.arc.DefaultBean;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineConfig;
import io.talchum.service.Recorder;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;

/** Makes what runs the model, and stops it. */
public class EngineComposition {
  @Produces
  @Singleton
  InstantSource clock() {
    return InstantSource.system();
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
  @DefaultBean
  Recorder recorder() {
    return Recorder.none();
  }
}
