package io.talchum.weights.pack;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.checkpoint.ChatTemplates;
import io.talchum.weights.checkpoint.Checkpoint;
import io.talchum.weights.checkpoint.ModelTexts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns a checkpoint into a model package.
 *
 * <p>Streams tensor by tensor into a directory beside the packages, which becomes the package by a
 * rename at the very end. Stateless; several imports may run at once.
 */
public final class ModelImporter {
  /**
   * @return the package's directory, {@code modelsDir/name}
   * @throws ServeException INVALID_MODEL for a source that is broken or not supported,
   *     ALREADY_EXISTS for a name that a package of this build has, INTERNAL when writing fails
   */
  public Path run(ImportRequest request, Path modelsDir, ProgressListener listener) {
    Path target = modelsDir.resolve(request.name());
    if (Files.exists(target) && !mayReplace(request, target)) {
      throw Staging.exists(target);
    }
    try (Checkpoint checkpoint = Checkpoints.open(request.source())) {
      if (request.tokenizerRequired() && checkpoint.texts().tokenizerJson().isEmpty()) {
        throw new ServeException(
            ErrorCode.INVALID_MODEL,
            "tokenizer.json is missing from the model's folder; without it no text can be read");
      }
      try (Staging staging = Staging.open(modelsDir)) {
        writePackage(request, checkpoint, staging.directory(), listener);
        staging.publish(target, mayReplace(request, target));
        return target;
      }
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the package could not be written: " + reason(e) + "; nothing was left behind",
          e);
    }
  }

  /**
   * Compares a package's matrices with the source that it was imported from.
   *
   * @throws ServeException INVALID_MODEL if one of them is broken
   */
  public List<TensorReport> compare(Path source, Path packageFolder) {
    try (Checkpoint checkpoint = Checkpoints.open(source);
        ModelPackage model = ModelPackage.open(packageFolder);
        RowWorkers workers = new RowWorkers(Runtime.getRuntime().availableProcessors())) {
      PackingPlan plan = PackingPlan.of(model.manifest().rules(), checkpoint);
      TensorComparison comparison = new TensorComparison(model, workers);
      List<TensorReport> reports = new ArrayList<>();
      for (PackingPlan.Packed packed : plan.tensors()) {
        if (!packed.isVector()) {
          reports.add(comparison.compare(packed));
        }
      }
      return reports;
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL, "the package could not be compared: " + reason(e), e);
    }
  }

  /** What an older build wrote serves nobody any more. */
  private static boolean mayReplace(ImportRequest request, Path target) {
    return request.replace() || PackageState.of(target).isReplaceable();
  }

  /** What went wrong, without the machine's paths. */
  private static String reason(IOException e) {
    String text = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    return text == null ? e.getClass().getSimpleName() : text;
  }

  private void writePackage(
      ImportRequest request, Checkpoint checkpoint, Path directory, ProgressListener listener)
      throws IOException {
    PackingPlan plan = PackingPlan.of(request.rules(), checkpoint);
    List<PackedTensor> tensors = new ArrayList<>();
    ContentHash weights;
    try (RowWorkers workers = new RowWorkers(Runtime.getRuntime().availableProcessors());
        WeightsWriter out = new WeightsWriter(directory.resolve(PackageFiles.WEIGHTS))) {
      TensorWriter writer = new TensorWriter(out, workers, listener, plan.sourceBytes());
      for (PackingPlan.Packed packed : plan.tensors()) {
        tensors.add(writer.write(packed));
      }
      weights = out.finish();
    }
    writeTexts(checkpoint.texts(), directory);
    PackageManifest manifest = manifest(request, checkpoint, plan, tensors);
    ContentHash hash = PackageFiles.hash(manifest, weights, directory);
    write(directory, PackageFiles.MANIFEST, PackageFiles.toJson(manifest.withHash(hash)));
  }

  private static PackageManifest manifest(
      ImportRequest request, Checkpoint checkpoint, PackingPlan plan, List<PackedTensor> tensors) {
    ModelTexts texts = checkpoint.texts();
    return new PackageManifest(
        PackageCheck.FORMAT_VERSION,
        request.name(),
        request.origin() == null ? checkpoint.source() : request.origin(),
        checkpoint.license(),
        checkpoint.spec(),
        plan.quantization(false),
        plan.quantization(true),
        request.rules(),
        plan.parameters(),
        texts.bosTokenId(),
        texts.eosTokenIds(),
        texts.padTokenId(),
        "",
        tensors);
  }

  private static void writeTexts(ModelTexts texts, Path directory) throws IOException {
    if (texts.tokenizerJson().isPresent()) {
      write(directory, PackageFiles.TOKENIZER, texts.tokenizerJson().get());
    }
    for (Map.Entry<String, String> template : texts.chatTemplates().entrySet()) {
      if (!template.getKey().equals(ChatTemplates.DEFAULT)) {
        Files.createDirectories(directory.resolve(ChatTemplates.FOLDER));
      }
      write(directory, ChatTemplates.path(template.getKey()), template.getValue());
    }
    write(directory, PackageFiles.TOKENIZER_CONFIG, PackageFiles.toJson(texts.tokenizerConfig()));
    write(
        directory,
        PackageFiles.GENERATION_CONFIG,
        PackageFiles.toJson(UsualSampling.completing(texts.generationConfig())));
  }

  private static void write(Path directory, String name, String text) throws IOException {
    write(directory, name, text.getBytes(StandardCharsets.UTF_8));
  }

  private static void write(Path directory, String name, byte[] bytes) throws IOException {
    Files.write(
        directory.resolve(name),
        bytes,
        StandardOpenOption.CREATE_NEW,
        StandardOpenOption.SYNC,
        StandardOpenOption.WRITE);
  }
}
