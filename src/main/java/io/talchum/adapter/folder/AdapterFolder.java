package io.talchum.adapter.folder;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The two files of an adapter folder, as real paths inside it.
 *
 * @param name last part of the folder's path
 */
public record AdapterFolder(String name, Path config, Path weights) {
  public static final String CONFIG = ConfigFields.FILE;
  public static final String WEIGHTS = "adapter_model.safetensors";
  private static final String PICKLE = "adapter_model.bin";
  private static final String EXTRA_EMBEDDINGS = "new_embeddings.safetensors";

  /**
   * Finds the files. PEFT puts an adapter whose name is not {@code default} into a sub-folder of
   * that name; a single such sub-folder is taken too.
   *
   * @throws ServeException INVALID_ADAPTER if a file is missing, a pickle, or a link that leaves
   *     the folder
   */
  public static AdapterFolder open(Path path) {
    Path folder = realFolder(path);
    Path holder = Files.exists(folder.resolve(CONFIG)) ? folder : onlySubFolder(folder);
    if (Files.exists(holder.resolve(EXTRA_EMBEDDINGS))) {
      throw refuse(holder, "holds " + EXTRA_EMBEDDINGS + "; added tokens are not served yet");
    }
    if (!Files.exists(holder.resolve(WEIGHTS)) && Files.exists(holder.resolve(PICKLE))) {
      throw refuse(
          holder,
          "holds its weights only as "
              + PICKLE
              + ", a pickle, which can run code and is never opened; save it as safetensors");
    }
    return new AdapterFolder(
        nameOf(folder), inside(holder, folder, CONFIG), inside(holder, folder, WEIGHTS));
  }

  private static Path realFolder(Path path) {
    try {
      Path real = path.toRealPath();
      if (!Files.isDirectory(real)) {
        throw refuse(path, "is not a folder");
      }
      return real;
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "the adapter folder " + nameOf(path) + " does not exist", e);
    }
  }

  private static Path onlySubFolder(Path folder) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path entry : entries) {
        if (Files.exists(entry.resolve(CONFIG))) {
          found.add(entry);
        }
      }
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "the adapter folder " + nameOf(folder) + " is unreadable", e);
    }
    if (found.isEmpty()) {
      throw refuse(folder, "has no " + CONFIG);
    }
    Collections.sort(found);
    if (found.size() > 1) {
      throw refuse(
          folder,
          "has no "
              + CONFIG
              + " but several sub-folders with one: "
              + String.join(", ", found.stream().limit(10).map(AdapterFolder::nameOf).toList())
              + "; name one of them");
    }
    return found.getFirst();
  }

  private static Path inside(Path holder, Path folder, String file) {
    try {
      Path real = holder.resolve(file).toRealPath();
      if (!real.startsWith(folder)) {
        throw refuse(folder, "has a " + file + " that is a link out of the folder; copy the file");
      }
      if (!Files.isRegularFile(real)) {
        throw refuse(folder, "has a " + file + " that is not a plain file");
      }
      return real;
    } catch (IOException e) {
      throw refuse(folder, "has no readable " + file);
    }
  }

  private static String nameOf(Path path) {
    Path last = path.getFileName();
    return last == null ? path.toString() : last.toString();
  }

  private static ServeException refuse(Path folder, String what) {
    return new ServeException(
        ErrorCode.INVALID_ADAPTER, "the adapter folder " + nameOf(folder) + " " + what);
  }
}
