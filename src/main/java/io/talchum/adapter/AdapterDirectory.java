package io.talchum.adapter;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The folders below which adapters may lie; no path of a request leads out of them. Immutable, any
 * thread.
 */
public final class AdapterDirectory {
  /** Every adapter folder has it. */
  public static final String CONFIG = "adapter_config.json";

  /** A folder with a fusion of adapters has this one. */
  public static final String FUSION_CONFIG = "adapter_fusion_config.json";

  /**
   * @param given as configured, absolute and normalized
   * @param real without links
   */
  private record Root(Path given, Path real) {}

  private final List<Root> roots;

  /**
   * @throws ServeException NOT_FOUND if a root is not a folder
   */
  public AdapterDirectory(List<Path> roots) {
    this.roots = roots.stream().map(AdapterDirectory::open).toList();
  }

  private static Root open(Path root) {
    try {
      Path real = root.toRealPath();
      if (Files.isDirectory(real)) {
        return new Root(root.toAbsolutePath().normalize(), real);
      }
    } catch (IOException e) {
      throw notAFolder(root, e);
    }
    throw notAFolder(root, null);
  }

  private static ServeException notAFolder(Path root, @Nullable IOException cause) {
    return new ServeException(
        ErrorCode.NOT_FOUND,
        "the adapters directory " + root + " is not a readable folder; create it or name another",
        cause);
  }

  /** The roots as they were configured, absolute. */
  public List<Path> roots() {
    return roots.stream().map(Root::given).toList();
  }

  /**
   * The real folder of a request's {@code lora_path}: a path relative to a root, or an absolute one
   * inside a root.
   *
   * @throws ServeException FORBIDDEN_PATH if it leads out of the roots, by {@code ..}, by being
   *     absolute or by a link; NOT_FOUND if nothing is there
   */
  public Path resolve(String loraPath) {
    Path path;
    try {
      path = Path.of(loraPath);
    } catch (InvalidPathException e) {
      throw ServeException.invalid(
          "lora_path", "lora_path is not a path: " + AdapterReference.shorten(e.getReason()));
    }
    List<Path> candidates = candidates(path);
    if (loraPath.isEmpty() || candidates.isEmpty()) {
      throw forbidden(loraPath);
    }
    for (Path candidate : candidates) {
      if (Files.exists(candidate)) {
        return confined(candidate, loraPath);
      }
    }
    throw ServeException.of(
        ErrorCode.NOT_FOUND,
        "lora_path",
        "No adapter found at lora_path '" + AdapterReference.shorten(loraPath) + "'.");
  }

  /** Where the path may lie, judged by its text alone: nothing outside the roots is looked at. */
  private List<Path> candidates(Path path) {
    List<Path> candidates = new ArrayList<>();
    for (Root root : roots) {
      Path candidate = root.given().resolve(path).normalize();
      if (candidate.startsWith(root.given())) {
        candidates.add(candidate);
      } else if (candidate.startsWith(root.real())) {
        candidates.add(candidate);
      }
    }
    return candidates;
  }

  private Path confined(Path candidate, String loraPath) {
    try {
      Path real = candidate.toRealPath();
      if (roots.stream().anyMatch(root -> real.startsWith(root.real()))) {
        return real;
      }
    } catch (IOException e) {
      throw ServeException.of(
          ErrorCode.NOT_FOUND,
          "lora_path",
          "No adapter found at lora_path '" + AdapterReference.shorten(loraPath) + "'.");
    }
    throw forbidden(loraPath);
  }

  /** Where the directories lie is none of the caller's business. */
  private ServeException forbidden(String loraPath) {
    return ServeException.of(
        ErrorCode.FORBIDDEN_PATH,
        "lora_path",
        "lora_path '%s' is not inside the adapters directory%s"
            .formatted(
                AdapterReference.shorten(loraPath),
                roots.isEmpty()
                    ? ", of which none is configured"
                    : "; put the adapter there and name it relative to that"));
  }

  /**
   * Reads every sub-folder that holds an adapter and gives it the folder's name, in order of the
   * names; a broken one is reported and does not stop the others.
   */
  public Scan addAll(AdapterRegistry registry) {
    List<AdapterInfo> loaded = new ArrayList<>();
    List<Broken> broken = new ArrayList<>();
    for (Root root : roots) {
      for (Path folder : adapterFolders(root, broken)) {
        String name = folder.getFileName().toString();
        try {
          loaded.add(registry.add(name, resolve(folder.toString())));
        } catch (ServeException e) {
          broken.add(new Broken(name, String.valueOf(e.getMessage())));
        }
      }
    }
    return new Scan(loaded, broken);
  }

  private static List<Path> adapterFolders(Root root, List<Broken> broken) {
    List<Path> folders = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.given())) {
      for (Path entry : entries) {
        if (Files.exists(entry.resolve(CONFIG)) || Files.exists(entry.resolve(FUSION_CONFIG))) {
          folders.add(entry);
        }
      }
    } catch (IOException e) {
      broken.add(new Broken(root.given().toString(), "cannot be listed: " + e.getMessage()));
    }
    Collections.sort(folders);
    return folders;
  }

  /** What was found at start. */
  public record Scan(List<AdapterInfo> loaded, List<Broken> broken) {
    public Scan {
      loaded = List.copyOf(loaded);
      broken = List.copyOf(broken);
    }
  }

  /** A sub-folder that is no adapter for this base, and why. */
  public record Broken(String name, String reason) {}
}
