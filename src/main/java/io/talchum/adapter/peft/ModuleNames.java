package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The value of {@code target_modules} or {@code exclude_modules}: what it takes of the base's
 * modules.
 */
sealed interface ModuleNames {
  String ALL_LINEAR = "all-linear";

  boolean contains(String path);

  /** A list, a regular expression, or {@code all-linear}; an absent one contains nothing. */
  static ModuleNames read(AdapterConfigFields fields, String key, WorkBudget budget) {
    JsonNode value = fields.get(key);
    if (!value.isTextual()) {
      return new Listed(new LinkedHashSet<>(fields.texts(key)));
    }
    String text = value.textValue();
    return text.equals(ALL_LINEAR)
        ? new All()
        : new Matching(text, PathPattern.whole(key, text, budget));
  }

  /** Every linear of the layers; PEFT leaves the head out. */
  record All() implements ModuleNames {
    @Override
    public boolean contains(String path) {
      return true;
    }
  }

  /** The whole path matches. */
  record Matching(String regex, PathPattern pattern) implements ModuleNames {
    @Override
    public boolean contains(String path) {
      return pattern.matches(path);
    }
  }

  /** A name is the path, or its end behind a dot. */
  record Listed(Set<String> names) implements ModuleNames {
    @Override
    public boolean contains(String path) {
      return endings(path).stream().anyMatch(names::contains);
    }

    /** The names that take none of these paths. */
    Set<String> without(Iterable<String> paths) {
      Set<String> unused = new LinkedHashSet<>(names);
      paths.forEach(path -> unused.removeAll(new HashSet<>(endings(path))));
      return unused;
    }

    private static List<String> endings(String path) {
      List<String> endings = new ArrayList<>();
      endings.add(path);
      for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
        endings.add(path.substring(dot + 1));
      }
      return endings;
    }
  }
}
