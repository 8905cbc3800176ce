package io.talchum.model.onnx;

import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.model.LogitRows;
import io.talchum.model.ModelExecutor;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.device.DeviceModelExecutor;
import io.talchum.model.onnx.device.DeviceOptions;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.testing.Fixtures;
import io.talchum.testing.ZeroBase;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Imports fixtures and runs them step by step. */
public final class TinyModels {
  public static final int CONTEXT = 128;

  private TinyModels() {}

  /** Imports a fixture into a folder. */
  public static ModelPackage imported(
      String fixture, Quantization linears, Quantization head, Path folder) {
    return imported(Fixtures.path(fixture), fixture, linears, head, folder);
  }

  /** Imports any file or folder. */
  public static ModelPackage imported(
      Path source, String title, Quantization linears, Quantization head, Path folder) {
    String name = title.replaceAll("[^A-Za-z0-9]+", "-") + "-" + linears + "-" + head;
    ImportRequest request =
        ImportRequest.of(source, name).quantized(linears, head).withoutTokenizer();
    return ModelPackage.open(new ModelImporter().run(request, folder, (done, total, tensor) -> {}));
  }

  /** An executor whose products are as exact as fp32 allows. */
  static OnnxModelExecutor exact(ModelPackage model, int slots) {
    return OnnxModelExecutor.open(model, new ExecutorOptions(slots, CONTEXT, 64, 2, false));
  }

  /** The graph for devices on the CPU. */
  public static DeviceModelExecutor onHost(ModelPackage model, int slots, ElementType number) {
    return DeviceModelExecutor.onHost(
        model, new DeviceOptions(slots, CONTEXT, 64, number, 16, 8, false));
  }

  /** The largest magnitude. */
  public static float largest(float[][] rows) {
    float largest = 0;
    for (float[] row : rows) {
      for (float value : row) {
        largest = Math.max(largest, Math.abs(value));
      }
    }
    return largest;
  }

  public static ResidentAdapter adapter(ModelExecutor executor, String fixture) {
    return executor.prepare(
        new PeftReader(new ZeroBase(executor.spec())).read(Fixtures.path(fixture)).weights());
  }

  /** Logits of all tokens of a prompt, in pieces of at most this many tokens. */
  public static float[][] prefill(ModelExecutor executor, int slot, int[] tokenIds, int piece) {
    float[][] rows = new float[tokenIds.length][];
    executor.expect(slot, tokenIds);
    for (int start = 0; start < tokenIds.length; start += piece) {
      int end = Math.min(tokenIds.length, start + piece);
      StepLogits logits =
          executor.prefill(
              slot, start, java.util.Arrays.copyOfRange(tokenIds, start, end), LogitRows.ALL);
      for (int i = 0; i < logits.rows(); i++) {
        rows[start + i] = row(logits, i);
      }
    }
    return rows;
  }

  /** Continues slot 0 alone by the most likely tokens. */
  static int[] greedy(ModelExecutor executor, int[] prompt, int count) {
    float[][] all = prefill(executor, 0, prompt, executor.maxPrefillTokens());
    float[] last = all[prompt.length - 1];
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = argmax(last);
      if (i + 1 < count) {
        last = row(executor.decode(new int[] {ids[i]}, new int[] {prompt.length + i}), 0);
      }
    }
    return ids;
  }

  public static float[] row(StepLogits logits, int row) {
    return logits.row(row).toArray(ValueLayout.JAVA_FLOAT);
  }

  public static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  public static float maxDifference(float[][] a, float[][] b) {
    float max = 0;
    for (int row = 0; row < b.length; row++) {
      max = Math.max(max, maxDifference(a[row], b[row]));
    }
    return max;
  }

  public static float maxDifference(float[] a, float[] b) {
    float max = 0;
    for (int i = 0; i < b.length; i++) {
      float difference = Math.abs(a[i] - b[i]);
      max = difference <= max ? max : difference; // NaN counts as a difference
    }
    return max;
  }
}
