package io.talchum.service;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.PackageWeights;
import io.talchum.adapter.ResidentAdapter;
import io.talchum.core.KvFormat;
import io.talchum.weights.PackageManifest;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Reads an adapter folder for a base and tries it, without a server. */
public final class AdapterCheck {
  private final ModelRunner runner;

  public AdapterCheck(ModelRunner runner) {
    this.runner = runner;
  }

  /**
   * @param packageFolder of the base
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if it is not served, does not fit, or
   *     fails its self-test
   */
  public AdapterReport report(Path adapter, Path packageFolder) {
    try (RunningModel model = runner.open(packageFolder, 0, KvFormat.FP32)) {
      AdapterContent content = model.adapters().read(adapter);
      try (ResidentAdapter resident = model.executor().prepare(content.weights())) {
        PackageManifest manifest = model.weights().manifest();
        return new AdapterReport(
            content.source(),
            content.kind(),
            content.version().toString(),
            content.bytes(),
            resident.residentBytes(),
            counts(content),
            ModuleChange.of(content.weights(), new PackageWeights(model.weights())),
            SelfTest.run(model.executor(), resident, content.weights()),
            manifest.name() + ", sha256-" + manifest.contentHash());
      }
    }
  }

  private static Map<String, Integer> counts(AdapterContent content) {
    Map<String, Integer> counts = new TreeMap<>();
    for (AdapterPrimitive primitive : content.weights().primitives()) {
      counts.merge(primitive.getClass().getSimpleName(), 1, Integer::sum);
    }
    return counts;
  }
}
