package io.talchum.wiring;

import io.talchum.adapter.PackageWeights;
import io.talchum.conditioning.GenerationDefaults;
import io.talchum.conditioning.PromptRenderer;
import io.talchum.conditioning.ServedModel;
import io.talchum.conditioning.SpecialTokenTexts;
import io.talchum.conditioning.TemplateRenderer;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.ModelCatalog;
import io.talchum.text.ChatTemplate;
import io.talchum.text.DjlTokenizer;
import io.talchum.text.PooledTokenizer;
import io.talchum.text.TemplateSet;
import io.talchum.text.Tokenizer;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.pack.PackageLock;
import io.talchum.weights.pack.PackageManifest;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Opens the configured model package and starts its executor. */
@Singleton
public class ModelOpener {
  /** Longer contexts cost memory that few requests use; they must be asked for. */
  private static final int DEFAULT_CONTEXT_TOKENS = 4096;

  private static final int MAX_SLOTS = 1024;

  /** How long a long text waits for the tokenizer. */
  private static final Duration TOKENIZER_PATIENCE = Duration.ofSeconds(30);

  @Produces
  @Singleton
  ModelCatalog catalog(TalchumConfig config) {
    return new ModelCatalog(config.dataDir());
  }

  @Produces
  @Singleton
  ModelPackage weights(TalchumConfig config, ModelCatalog catalog) {
    return ModelPackage.open(catalog.toServe(config.model().orElse(null)));
  }

  @Produces
  @Singleton
  PackageLock lock(ModelPackage weights) {
    return PackageLock.toServe(weights.directory());
  }

  void release(@Disposes PackageLock lock) throws IOException {
    lock.close();
  }

  @Produces
  @Singleton
  OpenedModel open(
      TalchumConfig config, ModelPackage weights, PackageLock lock, InstantSource clock) {
    NativeLeftovers.ofMachine(clock).sweep();
    PackageManifest manifest = weights.manifest();
    int most = manifest.spec().maxContextTokens();
    int context = config.context().orElse(Math.min(most, DEFAULT_CONTEXT_TOKENS));
    checkRange("context", context, most);
    config.slots().ifPresent(slots -> checkRange("slots", slots, MAX_SLOTS));
    Tokenizer tokenizer =
        new PooledTokenizer(
            DjlTokenizer.load(
                weights.directory().resolve("tokenizer.json"), manifest.spec().vocabSize()),
            Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 4),
            config.queueCapacity(),
            TOKENIZER_PATIENCE);
    OpenedExecutor running = new ExecutorOpener(config, weights, tokenizer, context).open();
    Map<String, String> templates = weights.chatTemplates();
    ServedModel served =
        new ServedModel(
            manifest.name(),
            new ContentHash(manifest.contentHash()),
            manifest.spec().vocabSize(),
            context,
            tokenizer,
            renderer(templates, weights.directory(), tokenizer, context, clock),
            templates.get(TemplateSet.DEFAULT),
            new ServedModel.SpecialTokens(
                manifest.bosTokenId(), manifest.eosTokenIds(), manifest.padTokenId()),
            defaults(config, weights.directory()),
            clock.instant());
    return new OpenedModel(served, running, new PackageWeights(weights));
  }

  private static void checkRange(String setting, int value, int most) {
    if (value < 1 || value > most) {
      throw ServeException.invalid(
          setting,
          "talchum.%s (--%s) is %d; it must be 1 to %d".formatted(setting, setting, value, most));
    }
  }

  /** What the settings say, else the package. */
  private static GenerationDefaults defaults(TalchumConfig config, Path folder) {
    GenerationDefaults said =
        text(folder.resolve("generation_config.json"))
            .map(GenerationDefaults::parse)
            .orElse(GenerationDefaults.NONE);
    try {
      return said.with(
          config.temperature().orElse(null),
          config.topP().orElse(null),
          config.topK().isPresent() ? (Integer) config.topK().getAsInt() : null,
          config.minP().orElse(null));
    } catch (ServeException e) {
      throw new ServeException(
          ErrorCode.INVALID_REQUEST, "the settings of the server: " + e.getMessage(), e);
    }
  }

  private static PromptRenderer renderer(
      Map<String, String> templates,
      Path folder,
      Tokenizer tokenizer,
      int context,
      InstantSource clock) {
    Map<String, String> tokens =
        text(folder.resolve("tokenizer_config.json"))
            .map(SpecialTokenTexts::parse)
            .orElse(Map.of());
    Map<String, ChatTemplate> compiled = new HashMap<>();
    templates.forEach((name, text) -> compiled.put(name, ChatTemplate.of(text, tokens, clock)));
    return new TemplateRenderer(TemplateSet.of(compiled), tokenizer, context);
  }

  private static Optional<String> text(Path file) {
    try {
      return Files.isRegularFile(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "%s cannot be read".formatted(file.getFileName()), e);
    }
  }
}
