package io.talchum.weights.pack;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder that holds one directory per model package.
 *
 * @param modelsDir need not exist yet
 */
public record ModelStore(Path modelsDir) {

  /** A package that is there, not opened. */
  public record Entry(Path directory, PackageManifest manifest, long bytes) {}

  /**
   * A package that this build cannot read.
   *
   * @param reason what is wrong with it and what helps
   */
  public record Unusable(String name, String reason) {}

  /** All packages that can be read, by name. */
  public List<Entry> list() {
    return directories().stream()
        .filter(directory -> PackageState.of(directory) == PackageState.CURRENT)
        .map(ModelStore::entry)
        .toList();
  }

  /** All others, by name. */
  public List<Unusable> unusable() {
    List<Unusable> found = new ArrayList<>();
    for (Path directory : directories()) {
      PackageState state = PackageState.of(directory);
      if (state != PackageState.CURRENT) {
        found.add(new Unusable(MappedFile.name(directory), state.text()));
      }
    }
    return found;
  }

  /** Whether an older build wrote the package of that name, so that an import replaces it. */
  public boolean isStale(String name) {
    return PackageState.of(modelsDir.resolve(name)).isReplaceable();
  }

  private List<Path> directories() {
    if (!Files.isDirectory(modelsDir)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(modelsDir)) {
      return children.filter(ModelStore::isPackage).sorted().toList();
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "the models folder cannot be listed: " + e.getMessage(), e);
    }
  }

  /**
   * The package of a name; a name with path separators is none.
   *
   * @throws ServeException INVALID_MODEL if it is there and cannot be read
   */
  public Optional<Entry> find(String name) {
    if (!name.matches(ImportRequest.NAME)) {
      return Optional.empty();
    }
    Path directory = modelsDir.resolve(name);
    return isPackage(directory) ? Optional.of(entry(directory)) : Optional.empty();
  }

  /**
   * Removes the package of a name, also one that this build cannot read; empty if there is none.
   *
   * @return the bytes that it took
   * @throws ServeException INVALID_REQUEST if a server has it; INTERNAL if it cannot be removed
   */
  public Optional<Long> remove(String name) {
    Path directory = modelsDir.resolve(name);
    if (!name.matches(ImportRequest.NAME) || !isPackage(directory)) {
      return Optional.empty();
    }
    try (PackageLock lock = PackageLock.toRemove(directory);
        Staging staging = Staging.open(modelsDir)) {
      long bytes = bytes(directory);
      Files.move(directory, staging.directory().resolve(name), StandardCopyOption.ATOMIC_MOVE);
      return Optional.of(bytes);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INTERNAL, "the model %s cannot be removed: %s".formatted(name, e), e);
    }
  }

  /** Whether a folder holds a package, of whatever build. */
  public static boolean isPackage(Path directory) {
    return !MappedFile.name(directory).startsWith(".")
        && Files.isRegularFile(directory.resolve(PackageFiles.MANIFEST));
  }

  private static Entry entry(Path directory) {
    try {
      return new Entry(directory, ModelPackage.readManifest(directory), bytes(directory));
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, MappedFile.name(directory) + " cannot be read", e);
    }
  }

  private static long bytes(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
