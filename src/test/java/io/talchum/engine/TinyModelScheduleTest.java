package io.talchum.engine;

import io.talchum.model.onnx.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No wrong adapter and no leak, in thousands of requests on a real tiny model. */
class TinyModelScheduleTest {
  private static final long SEED = 20261201;

  private final Path folder;

  TinyModelScheduleTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void tenThousandRequests() throws IOException {
    run(Placement.CPU, 10_000, SEED);
  }

  /** Needs {@code -Dtalchum.schedules=N}: N runs with seeds of their own, by hand. */
  @Test
  void asManyMoreAsAreAskedFor() throws IOException {
    for (int i = 0; i < Integer.getInteger("talchum.schedules", 0); i++) {
      run(Placement.CPU, 10_000, new SplittableRandom().nextLong());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "HOST_HALF", "HOST_RECORDING"})
  void theSameOnTheGraphForDevices(Placement placement) throws IOException {
    run(placement, 1_000, SEED);
  }

  private void run(Placement placement, int requests, long seed) throws IOException {
    new TinyModelSchedule(placement, folder, requests, seed).run();
  }
}
