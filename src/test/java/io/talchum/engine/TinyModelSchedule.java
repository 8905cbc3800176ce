package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.TestLeases;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.model.ModelExecutor;
import io.talchum.model.onnx.Placement;
import io.talchum.testing.Fixtures;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Requests on a real tiny model while adapters are loaded, replaced and unloaded: every answer is
 * the one that its adapter version gives alone, and nothing leaks.
 */
public final class TinyModelSchedule {
  private static final int OPEN_REQUESTS = 24;
  private static final int NEW_TOKENS = 6;

  /** Of each version, told from other versions' by one of them at least. */
  private static final int CLEAR_PROMPTS = 6;

  private static final int MAX_PROMPTS = 400;

  /**
   * A leak grows in every window; the heap and the compilers of this JVM, which other tests share,
   * do not. The bound finds 5 KB per request, and one adapter that is not closed in a hundred.
   */
  private static final int WINDOWS = 5;

  /** Five blocks, so that they are forgotten all the time. */
  private static final long PREFIX_CACHE_TOKENS = 5L * 32;

  private static final long MAX_GROWTH_BYTES = 10L << 20;

  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f");
  private static final List<String> FOLDERS =
      List.of(
          "lora_all_linear",
          "lora_qv",
          "lora_r1",
          "lora_big_rank",
          "rslora",
          "lora_regex",
          "lora_rank_alpha_pattern");

  private final Placement placement;
  private final Path folder;
  private final int requests;
  private final long seed;
  private final SplittableRandom random;
  private final Map<String, Map<List<Integer>, List<Integer>>> expected = new HashMap<>();
  private final AtomicInteger evictions = new AtomicInteger();
  private long adapterMemory;

  /**
   * @param folder for the imported model
   * @param seed in every message
   */
  public TinyModelSchedule(Placement placement, Path folder, int requests, long seed) {
    this.placement = placement;
    this.folder = folder;
    this.requests = requests;
    this.seed = seed;
    this.random = new SplittableRandom(seed);
  }

  private record Open(int[] prompt, String version, boolean cancelled, RecordingSink sink) {}

  /** Fails with the seed. */
  public void run() throws IOException {
    try (ModelPackage model = imported();
        ModelExecutor executor = placement.open(model, 4, 64, 16)) {
      adapterMemory = adapterMemoryBytes(model, executor);
      run(model, executor);
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + "L", e);
    }
  }

  private void run(ModelPackage model, ModelExecutor executor) throws IOException {
    try (AdapterCache cache =
            new AdapterCache(
                executor::prepare,
                new AdapterCache.Limits(adapterMemory, OPEN_REQUESTS),
                InstantSource.system(),
                new AdapterCacheListener() {
                  @Override
                  public void onEvict(AdapterId id, long bytes) {
                    evictions.incrementAndGet();
                  }
                });
        AdapterRegistry registry =
            new AdapterRegistry(
                Set.of("base"),
                new PeftReader(new PackageWeights(model)),
                AdapterSelfTest.NONE,
                cache,
                InstantSource.system());
        Engine engine =
            Engine.start(
                executor,
                new FakeTokenizer(),
                new EngineConfig(
                    Set.of(), 64, 8, 16, PREFIX_CACHE_TOKENS * executor.kvBytesPerToken()),
                InstantSource.system(),
                EngineListener.NONE)) {
      recordAlone(engine, registry, executor.spec().vocabSize());
      long leastGrowth = Long.MAX_VALUE;
      long before = residentBytes();
      for (int window = 0; window < WINDOWS; window++) {
        run(engine, registry, "w" + window, requests / WINDOWS);
        assertThat(cache.usedBytes()).isLessThanOrEqualTo(adapterMemory);
        long after = residentBytes();
        leastGrowth = Math.min(leastGrowth, after - before);
        before = after;
      }
      assertThat(engine.isHealthy()).isTrue();
      assertThat(leastGrowth).as("growth in every window").isLessThan(MAX_GROWTH_BYTES);
      assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
      assertThat(engine.stats().running()).isZero();
      assertThat(engine.stats().waiting()).isZero();
      assertThat(engine.stats().prefixCache().hits()).isGreaterThan(requests / 20);
      assertThat(engine.stats().prefixCache().evictions()).isPositive();
      assertThat(cache.residents()).allSatisfy(info -> assertThat(info.leases()).isZero());
      assertThat(evictions.get()).isGreaterThan(requests / 100);
    }
  }

  /** The largest adapter and a little more, so that they come and go all the time. */
  private static long adapterMemoryBytes(ModelPackage model, ModelExecutor executor) {
    PeftReader reader = new PeftReader(new PackageWeights(model));
    long largest = 0;
    for (String name : FOLDERS) {
      try (ResidentAdapter adapter = executor.prepare(reader.read(adapter(name)).weights())) {
        largest = Math.max(largest, adapter.residentBytes());
      }
    }
    return largest * 7 / 6;
  }

  /** What each version answers to prompts when nothing else runs; unclear choices are left out. */
  private void recordAlone(Engine engine, AdapterRegistry registry, int vocabSize) {
    for (int tried = 0; !isEnough(); tried++) {
      assertThat(tried).as("prompts").isLessThan(MAX_PROMPTS);
      IntStream own = random.ints(2 + random.nextInt(20), 0, vocabSize);
      int[] prompt = (tried % 4 == 0 ? IntStream.concat(beginning(vocabSize), own) : own).toArray();
      for (int i = -1; i < FOLDERS.size(); i++) {
        AdapterLease lease = i < 0 ? null : lease(registry, "alone", FOLDERS.get(i));
        Map<List<Integer>, List<Integer>> answers =
            expected.computeIfAbsent(version(lease), v -> new HashMap<>());
        RecordingSink sink = new RecordingSink();
        engine.submit(request("alone" + i + "-" + tried, prompt, lease, sink));
        List<Integer> answer = sink.await().tokenIds();
        if (sink.tokens.stream().allMatch(this::isClear)) {
          answers.put(key(prompt), answer);
        }
      }
    }
    registry.unload("alone");
  }

  private boolean isEnough() {
    return expected.size() == FOLDERS.size() + 1
        && expected.values().stream().allMatch(answers -> answers.size() >= CLEAR_PROMPTS)
        && expected.values().stream()
            .allMatch(a -> expected.values().stream().allMatch(b -> a == b || differ(a, b)));
  }

  private static boolean differ(
      Map<List<Integer>, List<Integer>> a, Map<List<Integer>, List<Integer>> b) {
    return a.entrySet().stream()
        .anyMatch(
            entry ->
                b.containsKey(entry.getKey()) && !entry.getValue().equals(b.get(entry.getKey())));
  }

  /** A block that several prompts have in common. */
  private static IntStream beginning(int vocabSize) {
    return IntStream.range(0, 32).map(i -> (7 * i + 3) % vocabSize);
  }

  private boolean isClear(TokenEvent event) {
    TokenLogprob logprob = event.logprob();
    return logprob != null
        && logprob.top().get(0).logprob() - logprob.top().get(1).logprob() > placement.safeMargin();
  }

  private void run(Engine engine, AdapterRegistry registry, String window, int requests) {
    List<Open> open = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      disturb(registry);
      open.add(submit(engine, registry, window + "-" + i));
      if (open.size() == OPEN_REQUESTS) {
        check(open.remove(random.nextInt(open.size() / 2)));
      }
    }
    open.forEach(this::check);
  }

  private void disturb(AdapterRegistry registry) {
    if (random.nextInt(10) == 0) {
      String name = NAMES.get(random.nextInt(NAMES.size()));
      if (random.nextInt(4) == 0 && registry.find(name).isPresent()) {
        registry.unload(name);
      } else {
        registry.load(name, adapter(FOLDERS.get(random.nextInt(FOLDERS.size()))), true);
      }
    }
  }

  private Open submit(Engine engine, AdapterRegistry registry, String id) {
    AdapterLease lease = null;
    List<AdapterInfo> loaded = registry.list();
    if (!loaded.isEmpty() && random.nextInt(4) > 0) {
      lease = TestLeases.acquire(registry, loaded.get(random.nextInt(loaded.size())).id().name());
    }
    String version = version(lease);
    int[] prompt = prompt(version);
    RecordingSink sink = new RecordingSink();
    GenerationHandle handle = engine.submit(request(id, prompt, lease, sink));
    boolean cancel = random.nextInt(8) == 0;
    if (cancel) {
      handle.cancel();
    }
    return new Open(prompt, version, cancel, sink);
  }

  /** One whose answer by this version is known. */
  private int[] prompt(String version) {
    List<List<Integer>> known = List.copyOf(Objects.requireNonNull(expected.get(version)).keySet());
    return known.get(random.nextInt(known.size())).stream().mapToInt(i -> i).toArray();
  }

  private void check(Open request) {
    RecordingSink sink = request.sink().await();
    List<Integer> alone =
        Objects.requireNonNull(
            expected.getOrDefault(request.version(), Map.of()).get(key(request.prompt())));
    ServeException error = sink.error;
    if (error != null) {
      assertThat(request.cancelled()).as(error.getMessage()).isTrue();
      assertThat(error.code()).isEqualTo(ErrorCode.CANCELLED);
      assertThat(sink.tokenIds()).isEqualTo(alone.subList(0, sink.tokens.size()));
    } else {
      assertThat(sink.tokenIds()).isEqualTo(alone);
    }
  }

  private static GenerationRequest request(
      String id, int[] prompt, @Nullable AdapterLease lease, RecordingSink sink) {
    SamplingParams sampling =
        SamplingParams.builder(NEW_TOKENS).temperature(0f).logprobs(true).topLogprobs(2).build();
    return new GenerationRequest(id, prompt, lease, sampling, version(lease), null, sink);
  }

  private AdapterLease lease(AdapterRegistry registry, String name, String adapter) {
    registry.load(name, adapter(adapter), true);
    return TestLeases.acquire(registry, name);
  }

  private static Path adapter(String name) {
    return Fixtures.path("adapters/llama/" + name);
  }

  private static String version(@Nullable AdapterLease lease) {
    return lease == null ? "base" : lease.id().version().hex();
  }

  private static List<Integer> key(int[] prompt) {
    return java.util.Arrays.stream(prompt).boxed().toList();
  }

  private ModelPackage imported() {
    ImportRequest request =
        ImportRequest.of(Fixtures.path("adapters/base-llama"), "base")
            .quantized(Quantization.NONE, Quantization.NONE)
            .withoutTokenizer();
    return ModelPackage.open(new ModelImporter().run(request, folder, (done, total, tensor) -> {}));
  }

  /** Resident memory of this process, heap included, after a collection, and the device's. */
  private long residentBytes() throws IOException {
    System.gc();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String kilobytes =
          lines.filter(line -> line.startsWith("RssAnon:")).findFirst().orElseThrow();
      return Long.parseLong(kilobytes.replaceAll("[^0-9]", "")) * 1024 + placement.usedBytes();
    }
  }
}
