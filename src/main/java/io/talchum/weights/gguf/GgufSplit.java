package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.gguf.GgufFile.GgufTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a file says of being a part of a model: {@code split.no} from 0, {@code split.count}, {@code
 * split.tensors.count}. The first part holds the metadata, each a share of the tensors.
 *
 * @param tensors of all parts; -1 if the file does not say
 */
record GgufSplit(int number, int count, int tensors) {
  static final String NUMBER = "split.no";
  static final String COUNT = "split.count";
  static final String TENSORS = "split.tensors.count";

  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");
  private static final int MAX_PARTS = 1024;

  static GgufSplit of(GgufFile file) {
    ConfigFields fields = new ConfigFields(file.name(), file.metadata());
    int count = Math.max(1, fields.intOr(COUNT, 1, 0, MAX_PARTS));
    return new GgufSplit(
        fields.intOr(NUMBER, 0, 0, count - 1L),
        count,
        fields.intOr(TENSORS, -1, 0, GgufFile.MAX_TENSORS));
  }

  /** All parts as one; on failure the opened one stays open, no other. */
  GgufFile join(GgufFile opened, Path path) {
    List<Path> paths = paths(opened, path);
    List<GgufFile> parts = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        parts.add(i == number ? opened : GgufFile.openAlone(paths.get(i)));
        check(parts.get(i), i);
      }
      return joined(parts);
    } catch (RuntimeException e) {
      parts.stream().filter(part -> part != opened).forEach(GgufFile::close);
      throw e;
    }
  }

  private List<Path> paths(GgufFile opened, Path path) {
    Matcher name = NAME.matcher(MappedFile.name(path));
    if (!name.matches()
        || Integer.parseInt(name.group(2)) != number + 1
        || Integer.parseInt(name.group(3)) != count) {
      throw refused(
          opened,
          "is part %d of %d, so its name must end in -%05d-of-%05d.gguf"
              .formatted(number + 1, count, number + 1, count));
    }
    List<Path> paths = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      Path part = path.resolveSibling("%s-%05d-of-%05d.gguf".formatted(name.group(1), i, count));
      if (!Files.exists(part)) {
        throw refused(
            opened,
            "is part %d of %d; %s is not beside it"
                .formatted(number + 1, count, MappedFile.name(part)));
      }
      paths.add(part);
    }
    return paths;
  }

  private void check(GgufFile part, int expected) {
    GgufSplit split = new GgufSplit(expected, count, tensors);
    GgufSplit found = of(part);
    if (!found.equals(split)) {
      throw refused(part, "says %s; the others say %s".formatted(found.text(), split.text()));
    }
  }

  private String text() {
    return "part %d of %d with %d tensors in all".formatted(number + 1, count, tensors);
  }

  private GgufFile joined(List<GgufFile> parts) {
    ObjectNode metadata = parts.getFirst().metadata();
    Map<String, GgufTensor> all = new LinkedHashMap<>();
    List<MappedFile> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      GgufFile part = parts.get(i);
      files.addAll(part.files());
      requireSame(metadata, part);
      for (GgufTensor tensor : part.tensors().values()) {
        GgufTensor placed =
            new GgufTensor(
                i,
                tensor.name(),
                tensor.type(),
                tensor.dimensions(),
                tensor.offset(),
                tensor.length());
        if (all.put(tensor.name(), placed) != null) {
          throw refused(part, "has tensor " + tensor.name() + " of another part again");
        }
      }
    }
    if (all.size() > GgufFile.MAX_TENSORS || (tensors >= 0 && all.size() != tensors)) {
      throw refused(
          parts.getFirst(), "has %d tensors in all parts, not %d".formatted(all.size(), tensors));
    }
    return new GgufFile(files, metadata, all);
  }

  /** Later parts may repeat metadata, not add to it. */
  private static void requireSame(ObjectNode first, GgufFile part) {
    for (Map.Entry<String, JsonNode> entry : part.metadata().properties()) {
      String key = entry.getKey();
      if (!key.equals(NUMBER)
          && !key.equals("general.alignment")
          && !entry.getValue().equals(first.get(key))) {
        throw refused(part, "has metadata %s that the first part has not".formatted(key));
      }
    }
  }

  private static ServeException refused(GgufFile file, String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, file.name() + " " + reason);
  }
}
