package io.talchum.huggingface;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of a model that was split: {@code NAME-00001-of-00003.gguf} and so on. */
final class GgufParts {
  private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final int MAX_PARTS = 1024;

  private GgufParts() {}

  /** All parts of the model that a file belongs to; the file alone if it was not split. */
  static Set<String> of(String file) {
    Matcher part = PART.matcher(file);
    int count = part.matches() ? Integer.parseInt(part.group(3)) : 0;
    if (count < 1 || count > MAX_PARTS) {
      return Set.of(file);
    }
    Set<String> parts = new TreeSet<>();
    for (int i = 1; i <= count; i++) {
      parts.add("%s-%05d-of-%05d.gguf".formatted(part.group(1), i, count));
    }
    return parts;
  }

  /** Whether a file is none of the later parts. */
  static boolean isFirst(String file) {
    return of(file).iterator().next().equals(file);
  }

  /** The model's name: without directory, number of the part and ending. */
  static String modelName(String file) {
    Matcher part = PART.matcher(file);
    String path = part.matches() ? part.group(1) : file.replaceFirst("\\.gguf$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
