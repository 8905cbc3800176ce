package io.talchum.weights.pack;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ChatTemplates;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An imported model on disk, weights.bin mapped read-only.
 *
 * <p>Immutable; any thread may read until it is closed. Segments handed out die with it.
 */
public final class ModelPackage implements AutoCloseable {
  private final Path directory;
  private final PackageManifest manifest;
  private final MappedFile weights;
  private final Map<String, PackedTensor> tensors;

  private ModelPackage(Path directory, PackageManifest manifest, MappedFile weights) {
    this.directory = directory;
    this.manifest = manifest;
    this.weights = weights;
    this.tensors = LinkedHashMap.newLinkedHashMap(manifest.tensors().size());
    manifest.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  /**
   * Opens a package and checks that every tensor of its architecture is there and lies inside the
   * file; the hash is left to {@link #verify}.
   *
   * @throws ServeException INVALID_MODEL, naming the file or tensor at fault
   */
  public static ModelPackage open(Path directory) {
    PackageManifest manifest = readManifest(directory);
    MappedFile weights = MappedFile.open(directory.resolve(PackageFiles.WEIGHTS));
    try {
      PackageCheck.check(manifest, weights.size());
      return new ModelPackage(directory, manifest, weights);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  static PackageManifest readManifest(Path directory) {
    Optional<String> json = new TextFiles(directory).text(PackageFiles.MANIFEST);
    if (json.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          MappedFile.name(directory) + " is no model package: it has no " + PackageFiles.MANIFEST);
    }
    return PackageFiles.parseManifest(MappedFile.name(directory), json.get());
  }

  public PackageManifest manifest() {
    return manifest;
  }

  /**
   * The chat templates by name; {@code default} is the usual one.
   *
   * @throws ServeException INVALID_MODEL if one cannot be read
   */
  public Map<String, String> chatTemplates() {
    TextFiles files = new TextFiles(directory);
    Map<String, String> templates = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(List.of(ChatTemplates.DEFAULT));
    names.addAll(ChatTemplates.additional(directory));
    for (String name : names) {
      files.text(ChatTemplates.path(name)).ifPresent(text -> templates.put(name, text));
    }
    return templates;
  }

  public Path directory() {
    return directory;
  }

  /** The file that the tensors' parts lie in. */
  public Path weightsFile() {
    return directory.resolve(PackageFiles.WEIGHTS);
  }

  public Optional<PackedTensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * @throws IllegalStateException if there is none of that name
   */
  public PackedTensor tensor(String name) {
    return find(name)
        .orElseThrow(
            () -> new IllegalStateException("package " + manifest.name() + " has no " + name));
  }

  /** The bytes of one part, page-aligned in the mapping. */
  public MemorySegment data(PackedTensor tensor, String part) {
    PackedTensor.Part range = tensor.part(part);
    return weights.bytes().asSlice(range.offset(), range.length());
  }

  /** One row as fp32, {@code columns} long. */
  public float[] dequantizedRow(PackedTensor tensor, int row) {
    float[] values = new float[tensor.columns()];
    rows(tensor).read(row, values, 0);
    return values;
  }

  /** A reader of single rows, for look-ups that must be quick; any thread may use it. */
  public RowReader rows(PackedTensor tensor) {
    return RowReader.of(this, tensor);
  }

  /**
   * Reads everything once and compares with the manifest's hash.
   *
   * @throws ServeException INVALID_MODEL if the content was changed
   */
  public void verify() {
    MessageDigest digest = ContentHash.newDigest();
    long chunk = 1 << 24;
    for (long at = 0; at < weights.size(); at += chunk) {
      digest.update(
          weights.bytes().asSlice(at, Math.min(chunk, weights.size() - at)).asByteBuffer());
    }
    ContentHash now = PackageFiles.hash(manifest, ContentHash.of(digest), directory);
    if (!now.hex().equals(manifest.contentHash())) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "package %s has the content hash %s, its manifest says %s; import again"
              .formatted(manifest.name(), now.hex(), manifest.contentHash()));
    }
  }

  @Override
  public void close() {
    weights.close();
  }
}
