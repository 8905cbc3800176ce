package io.talchum.wiring;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** All settings of the server; an unknown key below {@code talchum} stops the start. */
@ConfigMapping(prefix = "talchum")
public interface TalchumConfig {
  /**
   * The data directory: models, folders of adapters and the adapter store lie in it; the
   * environment variable TALCHUM_HOME comes second.
   */
  @WithDefault("${TALCHUM_HOME:${HOME:${user.home}}/.talchum}")
  Path dataDir();

  /**
   * Name of a package in the data directory, or a package's folder; without it the only imported
   * one, or the demo model if there is none.
   */
  Optional<String> model();

  /**
   * Folder whose subfolders are loaded as adapters at start, each under its name; adapters loaded
   * at run time must lie below it. Without it {@code adapters/MODEL} in the data directory.
   */
  Optional<Path> adapters();

  /** Whether subfolders that come, change and go while the server runs are followed. */
  @WithDefault("false")
  @WithConverter(StrictBoolean.class)
  boolean watchAdapters();

  /**
   * Where the model runs: {@code cpu}, {@code cuda}, or {@code auto}: the GPU if there is what it
   * needs.
   */
  @WithDefault("cpu")
  String provider();

  /** Settings of {@code cuda}. */
  Cuda cuda();

  /** Requests that run at the same time; without it 8 on the CPU, as many as fit on a GPU. */
  OptionalInt slots();

  /** Most tokens of prompt and completion together; without it the model's own, at most 4096. */
  OptionalInt context();

  /** How the KV cache keeps keys and values: {@code fp32} or {@code int8}. */
  @WithDefault("fp32")
  String kv();

  /**
   * How exactly quantized matrices are multiplied on the CPU: {@code auto}, {@code exact}, {@code
   * int16} or {@code int8}.
   */
  @WithDefault("auto")
  String products();

  /**
   * Host memory for beginnings of prompts that later requests reuse: a size, {@code off}, or {@code
   * auto}: as much as the KV cache, at most a quarter of what is left of the machine.
   */
  @WithDefault("auto")
  String prefixCache();

  /** Threads of the model's kernels; without it one per core. */
  OptionalInt threads();

  /** What is drawn with where a request says nothing; without it what the model's package says. */
  Optional<Float> temperature();

  /** The same of {@code top_p}. */
  Optional<Float> topP();

  /** The same of {@code top_k}. */
  OptionalInt topK();

  /** The same of {@code min_p}. */
  Optional<Float> minP();

  /** Requests that may wait for a slot; more get 429. */
  @WithDefault("256")
  int queueCapacity();

  /**
   * Prompt tokens of one step while other requests decode: bounds how long they stall; without it
   * 32 on the CPU, 128 on a GPU.
   */
  OptionalInt prefillTokens();

  /**
   * Prompt tokens of one step while nothing decodes; without it 128 on the CPU, on a GPU up to 512
   * as its memory allows.
   */
  OptionalInt prefillTokensAlone();

  /** From arrival to last token, after which a request ends with 504; without it for ever. */
  Optional<Duration> deadline();

  /** Most choices ({@code n}) of one request. */
  @WithDefault("8")
  int maxChoices();

  /** Most prompts of one completion request. */
  @WithDefault("64")
  int maxPrompts();

  /** Largest JSON body of a request, and largest message of gRPC; larger ones get 413. */
  @WithDefault("4M")
  MemorySize maxBody();

  /** Memory for all bodies and messages that are in memory at the same time; more get 503. */
  @WithDefault("128M")
  MemorySize bodyMemory();

  /** In this time at least 1 KB of a body must come, or its end; else it is refused. */
  @WithDefault("10s")
  Duration bodyTimeout();

  /** In this time the head of a request must be there, from its first byte. */
  @WithDefault("10s")
  Duration headTimeout();

  /** How long a connection stays open without a request. */
  @WithDefault("5m")
  Duration idleTimeout();

  /** Most connections at the same time; more are closed at once. */
  @WithDefault("1000")
  int maxConnections();

  /** Origins whose pages may call from a browser, separated by commas; {@code *} for all. */
  Optional<List<String>> corsOrigins();

  /** Memory for all adapters that requests have named, of folders and store; pinned ones count. */
  @WithDefault("1G")
  MemorySize adapterMemory();

  /** Largest adapter that may be uploaded; larger ones get 413. */
  @WithDefault("512M")
  MemorySize maxAdapterUpload();

  /** Address to listen on; beyond loopback only with API keys. */
  @WithDefault("127.0.0.1")
  String host();

  /** Port for HTTP and gRPC. */
  @WithDefault("8000")
  int port();

  /**
   * API keys, separated by commas, each alone or with the scopes that it has: {@code KEY inference
   * metrics}; with any, every endpoint but /health asks for one.
   */
  Optional<List<String>> apiKeys();

  /** File with one API key per line, in addition to {@code talchum.api-keys}. */
  Optional<Path> apiKeysFile();

  /** How long running requests may go on when the server stops. */
  @WithDefault("30s")
  Duration drain();

  /** Settings of a GPU. */
  interface Cuda {
    /** Number of the GPU, from 0. */
    @WithDefault("0")
    int device();

    /** Most memory of the GPU that is planned with; without it all that is free. */
    Optional<MemorySize> memoryLimit();

    /** The highest rank of an adapter at one linear: each slot keeps room for it. */
    @WithDefault("16")
    int loraRank();

    /** Whether decode steps are recorded as CUDA graphs and replayed. */
    @WithDefault("false")
    @WithConverter(StrictBoolean.class)
    boolean graphs();
  }
}
