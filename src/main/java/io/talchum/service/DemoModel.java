package io.talchum.service;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.pack.ImportRequest;
import io.talchum.weights.pack.ModelImporter;
import io.talchum.weights.pack.ProgressListener;
import io.talchum.weights.pack.Staging;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The small model and its adapters that the program carries, for machines that have none. */
final class DemoModel {
  static final String NAME = "talchum-demo";

  private static final String ROOT = "/demo/";
  private static final List<String> MODEL_FILES =
      List.of(
          "README.md",
          "config.json",
          "generation_config.json",
          "model.safetensors",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json");
  private static final List<String> ADAPTERS =
      List.of("json-extract", "korean-greeter", "pirate", "terse");
  private static final List<String> ADAPTER_FILES =
      List.of("README.md", "adapter_config.json", "adapter_model.safetensors");

  private DemoModel() {}

  /**
   * Imports the model and lays its adapters beside. The model comes last: what a crash leaves is
   * completed by the next call.
   *
   * @throws ServeException INTERNAL if the folders cannot be written
   */
  static void install(Path modelsDir, Path adaptersDir) {
    try {
      Files.createDirectories(adaptersDir);
      try (Staging place = Staging.open(modelsDir)) {
        Path staging = place.directory();
        for (String adapter : ADAPTERS) {
          installAdapter(adapter, staging.resolve(adapter), adaptersDir.resolve(adapter));
        }
        Path source = staging.resolve(NAME);
        copy("model/", MODEL_FILES, source);
        new ModelImporter().run(ImportRequest.of(source, NAME), modelsDir, ProgressListener.NONE);
      }
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the demo model could not be written below %s (%s); make that folder writable or choose another data directory"
              .formatted(modelsDir.getParent(), e),
          e);
    }
  }

  private static void installAdapter(String name, Path staged, Path target) throws IOException {
    if (Files.exists(target)) {
      return;
    }
    copy("adapters/" + name + "/", ADAPTER_FILES, staged);
    Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void copy(String folder, List<String> files, Path target) throws IOException {
    Files.createDirectories(target);
    for (String file : files) {
      try (InputStream in = DemoModel.class.getResourceAsStream(ROOT + folder + file)) {
        if (in == null) {
          throw new IOException("the build lacks " + folder + file);
        }
        Files.copy(in, target.resolve(file));
      }
    }
  }
}
