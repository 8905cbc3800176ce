package io.talchum.wiring;

import io.talchum.api.gate.BodyBudget;
import io.talchum.api.gate.GateLimits;
import io.talchum.service.ApiKeys;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** Makes what stands before every request. */
public class GateComposition {
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
}
