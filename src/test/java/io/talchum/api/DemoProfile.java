package io.talchum.api;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;
import java.util.Map;

/** Serves the embedded model with its adapters, as on an empty machine. */
public final class DemoProfile implements QuarkusTestProfile {
  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of(
        "quarkus.arc.exclude-types",
        LetterModel.class.getName(),
        "talchum.model",
        Served.DEMO.base(),
        "talchum.adapters",
        "",
        "talchum.watch-adapters",
        "true",
        "talchum.max-body",
        "32M");
  }

  @Override
  public List<TestResourceEntry> testResources() {
    return List.of(new TestResourceEntry(DemoFolder.class));
  }
}
