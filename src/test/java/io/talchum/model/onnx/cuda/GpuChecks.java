package io.talchum.model.onnx.cuda;

import io.talchum.model.onnx.device.AttentionBench;
import io.talchum.model.onnx.device.GpuBench;
import io.talchum.model.onnx.device.GpuLaws;
import io.talchum.model.onnx.device.JsonLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * What loadtests/gpu/run.sh runs: checks on the fixtures and measurements on random weights, one
 * JSON object a line. Exits with 1 if a check failed.
 *
 * <pre>GpuChecks cuda|host checks goldens|adapters|prefix|schedule|graphs
 * GpuChecks cuda|host bench SHAPE int4|int8 BATCH,BATCH... CONTEXT
 * GpuChecks cuda|host attention BATCH,BATCH... CONTEXT</pre>
 */
public final class GpuChecks {
  private GpuChecks() {}

  public static void main(String[] args) throws Exception {
    boolean cuda = args[0].equals("cuda");
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "talchum-models");
    JsonLines lines = new JsonLines(args[0]);
    if (cuda) {
      lines.guarded("device", "0", () -> CudaProvider.open(0)); // else every check would say it
      if (lines.hasFailed()) {
        System.exit(1);
      }
    }
    switch (args[1]) {
      case "checks" -> {
        Path imported = Files.createTempDirectory("talchum-gpu");
        new GpuLaws(lines, cuda, imported).run(args[2]);
      }
      case "bench" ->
          new GpuBench(lines, cuda, folder)
              .run(args[2], args[3], numbers(args[4]), Integer.parseInt(args[5]));
      case "attention" ->
          new AttentionBench(lines, cuda).run(numbers(args[2]), Integer.parseInt(args[3]));
      default -> throw new IllegalArgumentException(args[1]);
    }
    System.exit(lines.hasFailed() ? 1 : 0);
  }

  private static int[] numbers(String list) {
    return Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
  }
}
