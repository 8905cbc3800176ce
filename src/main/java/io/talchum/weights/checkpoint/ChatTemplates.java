package io.talchum.weights.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The chat templates of a model by name, as transformers finds them. */
public final class ChatTemplates {
  public static final String DEFAULT = "default";
  public static final String FOLDER = "additional_chat_templates";

  private static final String FILE = "chat_template.jinja";
  private static final String GGUF = "tokenizer.chat_template";
  private static final String CONFIG = "tokenizer_config.json";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final int MOST = 32;

  private ChatTemplates() {}

  /**
   * Of a Hugging Face folder: its template files, else what its configs hold.
   *
   * @param tokenizerConfig whose {@code chat_template} is a text or a list of named ones
   */
  public static Map<String, String> of(TextFiles files, ObjectNode tokenizerConfig) {
    Map<String, String> found = new TreeMap<>();
    files.text(FILE).ifPresent(text -> found.put(DEFAULT, text));
    for (String name : additional(files.folder())) {
      files.text(path(name)).ifPresent(text -> found.put(name, text));
    }
    if (found.isEmpty()) {
      found.putAll(of(tokenizerConfig.path("chat_template")));
    }
    if (found.isEmpty()) {
      files
          .json("chat_template.json")
          .map(json -> json.path("chat_template"))
          .filter(JsonNode::isTextual)
          .ifPresent(text -> found.put(DEFAULT, text.textValue()));
    }
    return found;
  }

  /**
   * Of a GGUF file's metadata: {@code tokenizer.chat_template} and {@code
   * tokenizer.chat_template.NAME}; {@code tokenizer.chat_templates} lists the names.
   */
  public static Map<String, String> of(ConfigFields metadata) {
    Map<String, String> found = new TreeMap<>();
    metadata.text(GGUF).ifPresent(text -> found.put(DEFAULT, text));
    for (String key : metadata.keys(GGUF + ".")) {
      String name = checked(key.substring(GGUF.length() + 1));
      String before = found.put(name, metadata.text(key).orElseThrow(() -> metadata.missing(key)));
      if (before != null) {
        throw metadata.refused("has both %s and %s".formatted(GGUF, key));
      }
    }
    for (String listed : metadata.texts(GGUF + "s")) {
      if (!found.containsKey(listed)) {
        throw metadata.missing(GGUF + "." + checked(listed));
      }
    }
    if (found.size() > MOST) {
      throw metadata.refused(
          "has %d chat templates; at most %d are kept".formatted(found.size(), MOST));
    }
    return found;
  }

  /** Where a package keeps the template of that name. */
  public static String path(String name) {
    return name.equals(DEFAULT) ? FILE : FOLDER + "/" + name + ".jinja";
  }

  /**
   * Names of the templates beside the default in a folder, in order.
   *
   * @throws io.talchum.core.ServeException INVALID_MODEL
   */
  public static List<String> additional(Path folder) {
    if (!Files.isDirectory(folder.resolve(FOLDER))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder.resolve(FOLDER))) {
      return files
          .map(MappedFile::name)
          .filter(name -> name.endsWith(".jinja"))
          .limit(MOST + 1)
          .map(name -> checked(name.substring(0, name.length() - ".jinja".length())))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw TextFiles.refused(FOLDER, "cannot be listed: " + e.getMessage());
    }
  }

  private static Map<String, String> of(JsonNode value) {
    Map<String, String> found = new TreeMap<>();
    if (value.isTextual()) {
      found.put(DEFAULT, value.textValue());
      return found;
    }
    for (JsonNode named : value) {
      if (!named.path("name").isTextual() || !named.path("template").isTextual()) {
        throw neither();
      }
      found.put(checked(named.path("name").textValue()), named.path("template").textValue());
    }
    if (found.size() > MOST || (found.isEmpty() && !value.isMissingNode() && !value.isNull())) {
      throw neither();
    }
    return found;
  }

  private static RuntimeException neither() {
    return TextFiles.refused(
        CONFIG,
        "has a chat_template that is neither a text nor a list of at most %d named ones"
            .formatted(MOST));
  }

  private static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw TextFiles.refused(
          "chat template " + name.substring(0, Math.min(64, name.length())),
          "has a name of other signs than letters, digits, _ and -");
    }
    return name;
  }
}
