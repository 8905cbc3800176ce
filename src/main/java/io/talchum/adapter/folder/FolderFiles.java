package io.talchum.adapter.folder;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The files below an adapter folder; none that a link leads out of it.
 *
 * @param root real path
 */
public record FolderFiles(Path root) {
  /**
   * @throws ServeException INVALID_ADAPTER unless it is a folder
   */
  public static FolderFiles open(Path path) {
    try {
      Path real = path.toRealPath();
      if (!Files.isDirectory(real)) {
        throw refuse(path, "is not a folder");
      }
      return new FolderFiles(real);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "the adapter folder " + nameOf(path) + " does not exist", e);
    }
  }

  /** Last part of the path. */
  public String name() {
    return nameOf(root);
  }

  public boolean has(String file) {
    return Files.exists(root.resolve(file));
  }

  /**
   * The real path of a plain file.
   *
   * @throws ServeException INVALID_ADAPTER if it is missing, no plain file, or a link that leaves
   *     the folder
   */
  public Path file(String file) {
    try {
      Path real = root.resolve(file).toRealPath();
      if (!real.startsWith(root)) {
        throw refuse("has the file " + file + ", which is a link out of the folder; copy the file");
      }
      if (!Files.isRegularFile(real)) {
        throw refuse("has the file " + file + ", which is not a plain file; leave it out");
      }
      return real;
    } catch (IOException e) {
      throw refuse("has no readable " + file);
    }
  }

  /** A folder inside this one. */
  public FolderFiles folder(String name) {
    Path path = root.resolve(name);
    FolderFiles inner = open(path);
    if (!inner.root().startsWith(root)) {
      throw refuse("has " + name + ", which is a link out of the folder; copy it");
    }
    return inner;
  }

  public ServeException refuse(String what) {
    return refuse(root, what);
  }

  private static ServeException refuse(Path folder, String what) {
    return new ServeException(
        ErrorCode.INVALID_ADAPTER, "the adapter folder " + nameOf(folder) + " " + what);
  }

  private static String nameOf(Path path) {
    Path last = path.getFileName();
    return last == null ? path.toString() : last.toString();
  }
}
