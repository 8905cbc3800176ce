package io.talchum.wiring;

import io.talchum.core.KvFormat;
import io.talchum.core.ProductPrecision;
import io.talchum.core.ProviderChoice;
import io.talchum.core.ServeException;
import io.talchum.engine.prefix.PrefixCache;
import io.talchum.model.ModelExecutor;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.model.onnx.cuda.CudaProvider;
import io.talchum.model.onnx.device.DevicePlan;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.text.Tokenizer;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackedTensor;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Starts the executor that the settings ask for. */
final class ExecutorOpener {
  private static final int CPU_SLOTS = 8;
  private static final int CPU_PREFILL_TOKENS = 32;
  private static final int CPU_PREFILL_TOKENS_ALONE = 128;
  private static final int CUDA_PREFILL_TOKENS = 128;
  private static final Logger LOG = Logger.getLogger("io.talchum");

  private final TalchumConfig config;
  private final ModelPackage weights;
  private final Tokenizer tokenizer;
  private final int context;

  ExecutorOpener(TalchumConfig config, ModelPackage weights, Tokenizer tokenizer, int context) {
    this.config = config;
    this.weights = weights;
    this.tokenizer = tokenizer;
    this.context = context;
  }

  OpenedExecutor open() {
    return switch (ProviderChoice.parse(config.provider())) {
      case CPU -> onCpu();
      case CUDA -> onCuda();
      case AUTO -> {
        Optional<String> missing = CudaProvider.missing();
        missing.ifPresent(what -> LOG.infof("the model runs on the CPU: %s", what));
        yield missing.isEmpty() ? onCuda() : onCpu();
      }
    };
  }

  private OpenedExecutor onCpu() {
    KvFormat kv = KvFormat.parse(config.kv());
    ProductPrecision products = ProductPrecision.parse(config.products());
    int slots = config.slots().orElse(CPU_SLOTS);
    long perToken = OnnxModelExecutor.kvBytesPerToken(weights.manifest().spec(), kv);
    MemoryPlan memory =
        new MemoryPlan(
                slots,
                context,
                kv,
                perToken,
                0,
                weightBytes(),
                config.adapterMemory().asLongValue(),
                MemoryPlan.heap(),
                MemoryPlan.machine())
            .withPrefixCache(config.prefixCache());
    LOG.debug(memory.text()); // the welcome shows it once the server is ready
    memory.check();
    KvScales scales = KvPreparation.scales(weights, tokenizer, kv, threads());
    int piece = config.prefillTokens().orElse(CPU_PREFILL_TOKENS);
    int alone = config.prefillTokensAlone().orElse(CPU_PREFILL_TOKENS_ALONE);
    OnnxModelExecutor executor =
        OnnxModelExecutor.open(
            weights,
            new ExecutorOptions(
                slots, context, Math.max(piece, alone), threads(), true, scales, products));
    String label = executor.products().label();
    if (executor.products().fallbackReason().isPresent()) {
      LOG.warnf("products of quantized matrices: %s", label);
    }
    return new OpenedExecutor(
        executor, label, executor.kvCapacityBytes(), memory.prefixCacheBytes(), piece, alone);
  }

  private OpenedExecutor onCuda() {
    if (KvFormat.parse(config.kv()) != KvFormat.FP32) {
      throw ServeException.invalid(
          "kv",
          "talchum.kv (--kv) is for the CPU; a GPU keeps keys and values in fp16: leave it out");
    }
    ProductPrecision products = ProductPrecision.parse(config.products());
    if (products != ProductPrecision.AUTO) {
      throw ServeException.invalid(
          "products",
          "talchum.products (--products) is for the CPU; a GPU multiplies in fp16: leave it out");
    }
    int rank = config.cuda().loraRank();
    CudaProvider cuda = CudaProvider.open(config.cuda().device());
    long free = cuda.freeBytes();
    long usable =
        config.cuda().memoryLimit().map(limit -> Math.min(limit.asLongValue(), free)).orElse(free);
    DevicePlan plan =
        DevicePlan.of(
            DevicePlan.Need.of(weights, rank),
            new DevicePlan.Wish(
                config.slots(),
                context,
                config.context().isEmpty(),
                config.prefillTokensAlone(),
                rank),
            usable);
    LOG.info(plan.text());
    ModelExecutor executor = cuda.open(weights, plan, config.cuda().graphs(), threads());
    int alone = plan.prefillTokens();
    int piece = Math.min(alone, config.prefillTokens().orElse(CUDA_PREFILL_TOKENS));
    return new OpenedExecutor(
        executor,
        "on the GPU",
        plan.kvBytes(),
        prefixCacheBytes(plan.kvBytes(), executor.kvBytesPerToken()),
        piece,
        alone);
  }

  /** It lies in the host's memory, which holds little else. */
  private long prefixCacheBytes(long kvBytes, long bytesPerToken) {
    long free = MemoryPlan.machine() - MemoryPlan.heap() - MemoryPlan.RESERVED_BYTES;
    return PrefixCacheSize.bytes(
        config.prefixCache(), kvBytes, free, PrefixCache.blockBytes(bytesPerToken));
  }

  private long weightBytes() {
    return weights.manifest().tensors().stream()
        .flatMap(tensor -> tensor.parts().values().stream())
        .mapToLong(PackedTensor.Part::length)
        .sum();
  }

  private int threads() {
    return config.threads().orElse(Runtime.getRuntime().availableProcessors());
  }
}
