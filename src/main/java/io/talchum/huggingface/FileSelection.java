package io.talchum.huggingface;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Which files of a repository an import needs. */
final class FileSelection {
  static final String INDEX = "model.safetensors.index.json";
  static final String SINGLE = "model.safetensors";
  static final String CONFIG = "config.json";

  /** Read if they are there. */
  static final List<String> OPTIONAL =
      List.of(
          "generation_config.json",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja",
          "chat_template.json",
          "README.md");

  private static final Pattern NAMED_TEMPLATE =
      Pattern.compile("additional_chat_templates/[A-Za-z0-9_-]{1,64}\\.jinja");
  private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|pt|pth|ckpt|pkl|pickle)");
  private static final int MOST_SHOWN = 30;

  private FileSelection() {}

  /**
   * The files to fetch but for the shards, which only the index names.
   *
   * @param files all of the repository
   * @throws ServeException INVALID_MODEL with what there is instead
   */
  static Set<String> of(HubId id, Set<String> files) {
    if (id.file() != null) {
      return parts(id, gguf(id, files), files);
    }
    if (files.contains(INDEX) || files.contains(SINGLE)) {
      return checkpoint(id, files);
    }
    List<String> ggufs = ggufs(files);
    if (ggufs.size() == 1) {
      return parts(id, ggufs.getFirst(), files);
    }
    if (!ggufs.isEmpty()) {
      throw refused(
          id,
          "the repository has several GGUF files; name one, as hf:%s/%s: %s"
              .formatted(id.repo(), ggufs.getFirst(), shown(ggufs)));
    }
    List<String> pickles =
        files.stream().filter(f -> PICKLE.matcher(f).matches()).sorted().toList();
    throw refused(
        id,
        pickles.isEmpty()
            ? "the repository has neither %s nor a GGUF file".formatted(SINGLE)
            : "the weights are pickles (%s), which can run code when they are opened and are never read; look for a revision or repository with safetensors"
                .formatted(shown(pickles)));
  }

  private static Set<String> checkpoint(HubId id, Set<String> files) {
    if (!files.contains(CONFIG)) {
      throw refused(id, "the repository has no " + CONFIG);
    }
    Set<String> wanted = new TreeSet<>(Set.of(CONFIG));
    wanted.add(files.contains(INDEX) ? INDEX : SINGLE);
    for (String file : files) {
      if (OPTIONAL.contains(file) || NAMED_TEMPLATE.matcher(file).matches()) {
        wanted.add(file);
      }
    }
    return wanted;
  }

  private static String gguf(HubId id, Set<String> files) {
    if (files.contains(id.file())) {
      return String.valueOf(id.file());
    }
    List<String> ggufs = ggufs(files);
    throw refused(
        id,
        ggufs.isEmpty()
            ? "the repository has no GGUF files"
            : "the repository has no such file; it has " + shown(ggufs));
  }

  /** A split model is all of its parts. */
  private static Set<String> parts(HubId id, String gguf, Set<String> files) {
    Set<String> parts = GgufParts.of(gguf);
    for (String part : parts) {
      if (!files.contains(part)) {
        throw refused(id, "the repository lacks %s, a part of %s".formatted(part, gguf));
      }
    }
    return parts;
  }

  /** Of a split model only the first part. */
  private static List<String> ggufs(Set<String> files) {
    return files.stream()
        .filter(f -> f.endsWith(".gguf") && HubId.isFileName(f) && GgufParts.isFirst(f))
        .sorted()
        .toList();
  }

  private static String shown(List<String> names) {
    String all = String.join(", ", names.subList(0, Math.min(MOST_SHOWN, names.size())));
    return names.size() > MOST_SHOWN ? all + " and more" : all;
  }

  static ServeException refused(HubId id, String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, id + ": " + reason);
  }
}
