package io.talchum.adapter.folder;

import io.talchum.adapter.AdapterDirectory;
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
 * The two files of an adapter folder of PEFT, as real paths inside it.
 *
 * @param name last part of the folder's path
 */
public record AdapterFolder(String name, Path config, Path weights) {
  public static final String CONFIG = AdapterDirectory.CONFIG;
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
    FolderFiles folder = FolderFiles.open(path);
    String holder = folder.has(CONFIG) ? "" : onlySubFolder(folder) + "/";
    if (folder.has(holder + EXTRA_EMBEDDINGS)) {
      throw folder.refuse("holds " + EXTRA_EMBEDDINGS + "; added tokens are not served yet");
    }
    if (!folder.has(holder + WEIGHTS) && folder.has(holder + PICKLE)) {
      throw folder.refuse(
          "holds its weights only as "
              + PICKLE
              + ", a pickle, which can run code and is never opened; save it as safetensors");
    }
    return new AdapterFolder(
        folder.name(), folder.file(holder + CONFIG), folder.file(holder + WEIGHTS));
  }

  private static String onlySubFolder(FolderFiles folder) {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(folder.root(), Files::isDirectory)) {
      for (Path entry : entries) {
        if (Files.exists(entry.resolve(CONFIG))) {
          found.add(entry.getFileName().toString());
        }
      }
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_ADAPTER, "the adapter folder " + folder.name() + " is unreadable", e);
    }
    if (found.isEmpty()) {
      throw folder.refuse("has no " + CONFIG);
    }
    Collections.sort(found);
    if (found.size() > 1) {
      throw folder.refuse(
          "has no "
              + CONFIG
              + " but several sub-folders with one: "
              + String.join(", ", found.stream().limit(10).toList())
              + "; name one of them");
    }
    return found.getFirst();
  }
}
