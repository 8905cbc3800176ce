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
  private final Path folder;

  TinyModelScheduleTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void tenThousandRequests() throws IOException {
    run(Placement.CPU, 10_000);
  }

  @ParameterizedTest
  @EnumSource(names = {"HOST", "HOST_HALF", "HOST_RECORDING"})
  void theSameOnTheGraphForDevices(Placement placement) throws IOException {
    run(placement, 1_000);
  }

  private void run(Placement placement, int requests) throws IOException {
    new TinyModelSchedule(placement, folder, requests, new SplittableRandom().nextLong()).run();
  }
}
