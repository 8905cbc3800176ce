package io.talchum.wiring;

import io.talchum.adapter.PackageWeights;
import io.talchum.core.NumberFormats;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineConfig;
import io.talchum.engine.EngineListener;
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
import java.time.InstantSource;
import java.util.Set;

/** Opens packages on ONNX Runtime, with all cores and one slot. */
final class PackageRunner implements ModelRunner {
  private static final int PREFILL_TOKENS = 64;
  private static final EngineConfig ENGINE =
      new EngineConfig(Set.of(), 1, PREFILL_TOKENS, PREFILL_TOKENS);

  @Override
  public RunningModel open(Path packageFolder, int contextTokens, NumberFormats numbers) {
    VectorModule.load();
    NativeLeftovers.ofMachine(InstantSource.system()).sweep();
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
      KvScales scales = KvPreparation.scales(weights, tokenizer, numbers.kv(), threads);
      ExecutorOptions options =
          new ExecutorOptions(
              1, context, PREFILL_TOKENS, threads, true, scales, numbers.products());
      OnnxModelExecutor executor = OnnxModelExecutor.open(weights, options);
      return new RunningModel(
          weights,
          tokenizer,
          executor,
          Engine.start(executor, tokenizer, ENGINE, InstantSource.system(), EngineListener.NONE),
          AdapterReaders.of(new PackageWeights(weights)));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }
}
