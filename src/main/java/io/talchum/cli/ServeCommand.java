package io.talchum.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves a model over HTTP and gRPC; options come before configured values. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Serve a model over HTTP and gRPC.")
final class ServeCommand implements Callable<Integer> {
  private final ProcessEnvironment process;
  private final Server server;

  @Mixin private DataDirOption dataDir = new DataDirOption();

  @Option(
      names = "--model",
      paramLabel = "NAME|DIR",
      description =
          "Name of an imported model, or a model package's folder (default: the imported one; the"
              + " demo model if there is none).")
  private @Nullable String model;

  @Option(
      names = "--host",
      paramLabel = "H",
      description =
          "Address to listen on; beyond this machine an API key is needed (default: 127.0.0.1).")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port for HTTP and gRPC; 0 takes a free one (default: 8000).")
  private @Nullable Integer port;

  @Option(
      names = "--adapters",
      paramLabel = "DIR",
      description =
          "Folder of adapters: each subfolder is loaded under its name (default: adapters/MODEL in"
              + " the data directory).")
  private @Nullable String adapters;

  @Option(
      names = "--watch-adapters",
      description =
          "Load, replace and unload adapters as their folders come, change and go (default: only at"
              + " start).")
  private boolean watchAdapters;

  @Option(
      names = "--provider",
      paramLabel = "P",
      description =
          "Where the model runs: cpu, cuda, or auto: the GPU if there is what it needs (default:"
              + " cpu).")
  private @Nullable String provider;

  @Option(
      names = "--cuda-device",
      paramLabel = "N",
      description = "Number of the GPU (default: 0).")
  private @Nullable Integer cudaDevice;

  @Option(
      names = "--cuda-memory-limit",
      paramLabel = "SIZE",
      description = "Most of the GPU's memory that is used (default: all that is free).")
  private @Nullable String cudaMemoryLimit;

  @Option(
      names = "--lora-rank",
      paramLabel = "N",
      description = "The highest rank of an adapter on a GPU (default: 16).")
  private @Nullable Integer loraRank;

  @Option(
      names = "--slots",
      paramLabel = "N",
      description = "Requests that run at the same time (default: 8; on a GPU as many as fit).")
  private @Nullable Integer slots;

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "Most tokens of prompt and answer together (default: the model's, at most 4096).")
  private @Nullable Integer context;

  @Option(
      names = "--kv",
      paramLabel = "F",
      description = "How the KV cache keeps its numbers: fp32 or int8 (default: fp32).")
  private @Nullable String kv;

  @Option(
      names = "--products",
      paramLabel = "P",
      description =
          "How exactly quantized matrices are multiplied: auto (int16 where the processor can),"
              + " exact, int16, or int8, which is faster and answers differently (default: auto).")
  private @Nullable String products;

  @Option(
      names = "--prefix-cache",
      paramLabel = "SIZE|off",
      description =
          "Memory for beginnings of prompts, which later requests reuse (default: as much as the KV"
              + " cache, at most a quarter of what is left).")
  private @Nullable String prefixCache;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      description =
          "Temperature of requests that name none (default: the model's; so with --top-p, --top-k, --min-p).")
  private @Nullable Float temperature;

  @Option(names = "--top-p", paramLabel = "X", description = "top_p of requests that name none.")
  private @Nullable Float topP;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      description = "top_k of requests that name none; 0 keeps all tokens.")
  private @Nullable Integer topK;

  @Option(names = "--min-p", paramLabel = "X", description = "min_p of requests that name none.")
  private @Nullable Float minP;

  ServeCommand(ProcessEnvironment process, Server server) {
    this.process = process;
    this.server = server;
  }

  @Override
  public Integer call() {
    return server.run(settings());
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("talchum.data-dir", dataDir.resolve(process).toString());
    put(settings, "talchum.model", model);
    put(settings, "talchum.host", host);
    put(settings, "talchum.port", port);
    put(settings, "talchum.adapters", adapters);
    put(settings, "talchum.watch-adapters", watchAdapters ? true : null);
    put(settings, "talchum.provider", provider);
    put(settings, "talchum.cuda.device", cudaDevice);
    put(settings, "talchum.cuda.memory-limit", cudaMemoryLimit);
    put(settings, "talchum.cuda.lora-rank", loraRank);
    put(settings, "talchum.slots", slots);
    put(settings, "talchum.context", context);
    put(settings, "talchum.kv", kv);
    put(settings, "talchum.products", products);
    put(settings, "talchum.prefix-cache", prefixCache);
    put(settings, "talchum.temperature", temperature);
    put(settings, "talchum.top-p", topP);
    put(settings, "talchum.top-k", topK);
    put(settings, "talchum.min-p", minP);
    return settings;
  }

  private static void put(Map<String, String> settings, String key, @Nullable Object value) {
    if (value != null) {
      settings.put(key, value.toString());
    }
  }
}
