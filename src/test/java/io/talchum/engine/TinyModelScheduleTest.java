package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.adapter.AdapterCache;
import io.talchum.adapter.AdapterCacheListener;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterInfo;
import io.talchum.adapter.AdapterLease;
import io.talchum.adapter.AdapterRegistry;
import io.talchum.adapter.AdapterTrial;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.peft.PeftReader;
import io.talchum.core.ErrorCode;
import io.talchum.core.SamplingParams;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.ExecutorOptions;
import io.talchum.model.onnx.OnnxModelExecutor;
import io.talchum.testing.Fixtures;
import io.talchum.weights.ImportRequest;
import io.talchum.weights.ModelImporter;
import io.talchum.weights.ModelPackage;
import io.talchum.weights.Quantization;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand requests on a real tiny model while adapters are loaded, replaced and unloaded:
 * every answer is the one that its adapter version gives alone, and nothing leaks.
 */
class TinyModelScheduleTest {
  private static final int REQUESTS = 10_000;
  private static final int OPEN_REQUESTS = 24;
  private static final int NEW_TOKENS = 6;
  private static final float SAFE_MARGIN = 1e-3f;

  /**
   * A leak grows in every window; the heap and the compilers of this JVM, which other tests share,
   * do not. The bound finds 5 KB per request, and one adapter that is not closed in a hundred.
   */
  private static final int WINDOWS = 5;

  /** Five blocks of the tiny model, so that they are forgotten all the time. */
  private static final long PREFIX_CACHE_BYTES = 5L * 32 * 2 * 3 * 32 * Float.BYTES;

  /** The largest adapter and about one more, so that they come and go all the time. */
  private static final long ADAPTER_MEMORY_BYTES = 400_000;

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

  private final Path folder;
  private final long seed = new SplittableRandom().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Map<String, Map<List<Integer>, List<Integer>>> expected = new HashMap<>();
  private final List<int[]> prompts = new ArrayList<>();
  private final AtomicInteger evictions = new AtomicInteger();

  TinyModelScheduleTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private record Open(int[] prompt, String version, boolean cancelled, RecordingSink sink) {}

  @Test
  void noWrongAdapterInTenThousandRequestsAndNoLeak() throws IOException {
    try (ModelPackage model = imported();
        OnnxModelExecutor executor =
            OnnxModelExecutor.open(model, new ExecutorOptions(4, 64, 16, 2, false));
        AdapterCache cache =
            new AdapterCache(
                executor::prepare,
                new AdapterCache.Limits(ADAPTER_MEMORY_BYTES, OPEN_REQUESTS),
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
                AdapterTrial.NONE,
                cache,
                InstantSource.system());
        Engine engine =
            Engine.start(
                executor,
                new FakeTokenizer(),
                new EngineConfig(Set.of(), 64, 8, 16, PREFIX_CACHE_BYTES),
                InstantSource.system(),
                EngineListener.NONE)) {
      recordAlone(engine, registry, executor.spec().vocabSize());
      long leastGrowth = Long.MAX_VALUE;
      long before = residentBytes();
      for (int window = 0; window < WINDOWS; window++) {
        run(engine, registry, "w" + window, REQUESTS / WINDOWS);
        assertThat(cache.usedBytes()).isLessThanOrEqualTo(ADAPTER_MEMORY_BYTES);
        long after = residentBytes();
        leastGrowth = Math.min(leastGrowth, after - before);
        before = after;
      }
      assertThat(engine.isHealthy()).isTrue();
      assertThat(leastGrowth).as("growth in every window").isLessThan(MAX_GROWTH_BYTES);
      assertThat(engine.drain(Duration.ofSeconds(30))).isTrue();
      assertThat(engine.stats().running()).isZero();
      assertThat(engine.stats().waiting()).isZero();
      assertThat(engine.stats().prefixCache().hits()).isGreaterThan(REQUESTS / 20);
      assertThat(engine.stats().prefixCache().evictions()).isPositive();
      assertThat(cache.residents()).allSatisfy(info -> assertThat(info.leases()).isZero());
      assertThat(evictions.get()).isGreaterThan(REQUESTS / 100);
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + "L", e);
    }
  }

  /**
   * What each version answers to each prompt when nothing else runs; unclear choices are left out.
   */
  private void recordAlone(Engine engine, AdapterRegistry registry, int vocabSize) {
    while (prompts.size() < 12) {
      IntStream own = random.ints(2 + random.nextInt(20), 0, vocabSize);
      int[] prompt =
          (prompts.size() % 4 == 0 ? IntStream.concat(beginning(vocabSize), own) : own).toArray();
      Map<String, List<Integer>> answers = new HashMap<>();
      boolean clear = true;
      for (int i = -1; i < FOLDERS.size(); i++) {
        AdapterLease lease = i < 0 ? null : lease(registry, "alone", FOLDERS.get(i));
        String version = version(lease);
        RecordingSink sink = new RecordingSink();
        engine.submit(request("alone" + i + "-" + prompts.size(), prompt, lease, sink));
        answers.put(version, sink.await().tokenIds());
        clear &= sink.tokens.stream().allMatch(TinyModelScheduleTest::isClear);
      }
      if (clear) {
        prompts.add(prompt);
        answers.forEach(
            (version, ids) ->
                expected.computeIfAbsent(version, v -> new HashMap<>()).put(key(prompt), ids));
      }
    }
    registry.unload("alone");
  }

  /** A block that several prompts have in common. */
  private static IntStream beginning(int vocabSize) {
    return IntStream.range(0, 32).map(i -> (7 * i + 3) % vocabSize);
  }

  private static boolean isClear(TokenEvent event) {
    TokenLogprob logprob = event.logprob();
    return logprob != null
        && logprob.top().get(0).logprob() - logprob.top().get(1).logprob() > SAFE_MARGIN;
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
    int[] prompt = prompts.get(random.nextInt(prompts.size()));
    AdapterLease lease = null;
    List<AdapterInfo> loaded = registry.list();
    if (!loaded.isEmpty() && random.nextInt(4) > 0) {
      lease = registry.acquire(loaded.get(random.nextInt(loaded.size())).id().name(), null);
    }
    String version = version(lease);
    RecordingSink sink = new RecordingSink();
    GenerationHandle handle = engine.submit(request(id, prompt, lease, sink));
    boolean cancel = random.nextInt(8) == 0;
    if (cancel) {
      handle.cancel();
    }
    return new Open(prompt, version, cancel, sink);
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
    SamplingParams greedy = SamplingParams.greedy(NEW_TOKENS);
    SamplingParams sampling =
        new SamplingParams(
            0f,
            1f,
            0,
            0f,
            0f,
            0f,
            1f,
            0L,
            greedy.logitBias(),
            List.of(),
            List.of(),
            NEW_TOKENS,
            0,
            false,
            true,
            2,
            false);
    return new GenerationRequest(id, prompt, lease, sampling, version(lease), null, sink);
  }

  private AdapterLease lease(AdapterRegistry registry, String name, String adapter) {
    registry.load(name, adapter(adapter), true);
    return registry.acquire(name, null);
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

  /** Resident memory of this process, heap included, after a collection. */
  private static long residentBytes() throws IOException {
    System.gc();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String kilobytes =
          lines.filter(line -> line.startsWith("RssAnon:")).findFirst().orElseThrow();
      return Long.parseLong(kilobytes.replaceAll("[^0-9]", "")) * 1024;
    }
  }
}
