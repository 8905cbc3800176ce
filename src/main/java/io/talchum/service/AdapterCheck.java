package io.talchum.service;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterSelfTest;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.adapter.store.SelfTest;
import io.talchum.core.NumberFormats;
import io.talchum.weights.pack.PackageManifest;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads an adapter folder for a base and tries it, without a server. */
public final class AdapterCheck {
  private final ModelRunner runner;
  private final InstantSource clock;

  public AdapterCheck(ModelRunner runner, InstantSource clock) {
    this.runner = runner;
    this.clock = clock;
  }

  /**
   * @param packageFolder of the base
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if it is not served, does not fit, or
   *     fails its self-test
   */
  public AdapterReport report(Path adapter, Path packageFolder) {
    try (RunningModel model = runner.open(packageFolder, 0, NumberFormats.USUAL)) {
      AdapterContent content = model.adapters().read(adapter);
      try (ResidentAdapter resident = model.executor().prepare(content.weights())) {
        PackageManifest manifest = model.weights().manifest();
        return new AdapterReport(
            content.source(),
            content.kind(),
            content.version().toString(),
            content.bytes(),
            resident.residentBytes(),
            resident.needsExtendedGraph(),
            resident.virtualTokens(),
            counts(content),
            ModuleChange.of(content.weights(), new PackageWeights(model.weights())),
            selfTest(model, content, resident),
            manifest.name() + ", sha256-" + manifest.contentHash());
      }
    }
  }

  private SelfTestCard selfTest(
      RunningModel model, AdapterContent content, ResidentAdapter resident) {
    SelfTestRun run =
        new SelfTestRun(
            (adapter, prompt) -> model.engine().probe(prompt, adapter, null),
            model.executor().spec().vocabSize(),
            clock);
    SelfTest test = run.of(AdapterSelfTest.parts(content, List.of(resident)));
    SelfTests.requirePassed(new AdapterId(content.source(), content.version()), test);
    return SelfTestCard.of(test);
  }

  private static Map<String, Integer> counts(AdapterContent content) {
    Map<String, Integer> counts = new TreeMap<>();
    for (AdapterPrimitive primitive : content.weights().primitives()) {
      counts.merge(primitive.getClass().getSimpleName(), 1, Integer::sum);
    }
    return counts;
  }
}
