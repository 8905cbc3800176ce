package io.talchum.wiring;

import io.talchum.adapter.PackageWeights;
import io.talchum.core.KvFormat;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.service.ModelEvaluation;
import io.talchum.service.ModelRunner;
import io.talchum.service.RunningModel;
import io.talchum.text.DjlTokenizer;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackageManifest;
import java.nio.file.Path;

/** Opens packages on ONNX Runtime, with all cores and one slot. */
final class PackageRunner implements ModelRunner {
  private static final int PREFILL_TOKENS = 64;

  @Override
  public RunningModel open(Path packageFolder, int contextTokens, KvFormat kv) {
    ModelPackage weights = ModelPackage.open(packageFolder);
    try {
      PackageManifest manifest = weights.manifest();
      int context =
          contextTokens > 0
              ? contextTokens
              : Math.min(
                  ModelEvaluation.DEFAULT_CONTEXT_TOKENS, manifest.spec().maxContextTokens());
      DjlTokenizer tokenizer =
          DjlTokenizer.load(
              weights.directory().resolve("tokenizer.json"), manifest.spec().vocabSize());
      int threads = Runtime.getRuntime().availableProcessors();
      KvScales scales = KvPreparation.scales(weights, tokenizer, kv, threads);
      ExecutorOptions options =
          new ExecutorOptions(1, context, PREFILL_TOKENS, threads, true, scales);
      return new RunningModel(
          weights,
          tokenizer,
          OnnxModelExecutor.open(weights, options),
          AdapterReaders.of(new PackageWeights(weights)));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }
}
