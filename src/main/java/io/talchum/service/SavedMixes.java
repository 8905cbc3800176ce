package io.talchum.service;

import io.talchum.adapter.mix.AdapterMix;
import io.talchum.adapter.mix.Combination;
import io.talchum.adapter.mix.CombinedLora;
import io.talchum.adapter.mix.LoraFolder;
import io.talchum.core.ModelSpec;
import java.util.stream.Collectors;

/** Combines adapters to one and keeps it in the store, as a PEFT folder. Any thread. */
public final class SavedMixes {
  private final String baseName;
  private final ModelSpec spec;
  private final ModelService models;
  private final StoredAdapters stored;

  public SavedMixes(String baseName, ModelSpec spec, ModelService models, StoredAdapters stored) {
    this.baseName = baseName;
    this.spec = spec;
    this.models = models;
    this.stored = stored;
  }

  /**
   * Adds the combination as a version of a name, like an upload.
   *
   * @throws io.talchum.core.ServeException INVALID_REQUEST naming the field or the adapter;
   *     MODEL_NOT_FOUND, ALREADY_EXISTS, QUEUE_FULL, PAYLOAD_TOO_LARGE
   */
  public StoredAdapter save(MixRequest request) {
    stored.requireFree(request.name(), null);
    Combination how =
        Combination.of(
            request.combinationType(),
            request.density(),
            request.majoritySignMethod(),
            request.seed());
    MixedAdapters named = models.mixed(request.adapters());
    try (AdapterUpload upload = stored.upload()) {
      AdapterMix.requireDistinct(named.mixParts());
      LoraFolder folder = CombinedLora.of(named.mixParts(), how, spec);
      upload.begin(LoraFolder.CONFIG);
      byte[] config = folder.config(baseName);
      upload.write(config, 0, config.length);
      upload.begin(LoraFolder.WEIGHTS);
      folder.weights(recipe(request, named), upload::write);
      return upload.finish(request.name(), null, request.activate());
    }
  }

  private static String recipe(MixRequest request, MixedAdapters named) {
    String parts =
        named.versions().stream()
            .map(part -> part.weight() + "*" + part.name() + "@" + part.version().hex())
            .collect(Collectors.joining("+"));
    String recipe = request.combinationType() + " " + parts;
    recipe += request.density() == null ? "" : " density " + request.density();
    recipe += request.majoritySignMethod() == null ? "" : " " + request.majoritySignMethod();
    return recipe + (request.seed() == null ? "" : " seed " + request.seed());
  }
}
