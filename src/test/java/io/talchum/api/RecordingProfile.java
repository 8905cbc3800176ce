package io.talchum.api;

import io.quarkus.test.junit.QuarkusTestProfile;
import io.talchum.service.MemoryRecorder;
import java.util.Set;

/** Answers are recorded in memory. */
public final class RecordingProfile implements QuarkusTestProfile {
  @Override
  public Set<Class<?>> getEnabledAlternatives() {
    return Set.of(MemoryRecorder.class);
  }
}
