package io.talchum.weights.pack;

import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import java.nio.file.Path;
import java.util.Optional;

/** What this build can do with a package's directory. */
enum PackageState {
  MISSING("there is no package"),
  CURRENT("readable"),
  OLDER("written by an older build: import it again"),
  NEWER("written by a newer build: use that one, or import it under another name"),
  BROKEN(
      "its manifest cannot be read: remove it with ./talchum models remove, then import it again");

  private final String text;

  PackageState(String text) {
    this.text = text;
  }

  static PackageState of(Path directory) {
    Optional<String> json;
    try {
      json = new TextFiles(directory).text(PackageFiles.MANIFEST);
      if (json.isEmpty()) {
        return MISSING;
      }
      int version = PackageFiles.header(json.get()).formatVersion();
      if (version != PackageCheck.FORMAT_VERSION) {
        return version < PackageCheck.FORMAT_VERSION ? OLDER : NEWER;
      }
      PackageFiles.parseManifest(MappedFile.name(directory), json.get());
      return CURRENT;
    } catch (ServeException e) {
      return BROKEN;
    }
  }

  /** What is wrong and what helps. */
  String text() {
    return text;
  }

  /** Whether an import may take its place. */
  boolean isReplaceable() {
    return this == OLDER;
  }
}
