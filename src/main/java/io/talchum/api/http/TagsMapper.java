package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.RequestTags;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@code user} and {@code metadata}, bounded as OpenAI bounds them. */
final class TagsMapper {
  private static final int MAX_PAIRS = 16;
  private static final int MAX_NAME = 64;
  private static final int MAX_VALUE = 512;

  private TagsMapper() {}

  static RequestTags tags(Fields fields) {
    String user = fields.text("user");
    if (user != null && user.length() > MAX_VALUE) {
      throw tooLong("user", user.length(), MAX_VALUE);
    }
    ObjectNode metadata = fields.object("metadata");
    return user == null && metadata == null
        ? RequestTags.NONE
        : new RequestTags(
            Optional.ofNullable(user), metadata == null ? Map.of() : metadata(metadata));
  }

  private static Map<String, String> metadata(ObjectNode object) {
    if (object.size() > MAX_PAIRS) {
      throw ServeException.invalid(
          "metadata",
          "metadata has %d pairs; at most %d are allowed".formatted(object.size(), MAX_PAIRS));
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> pair : object.properties()) {
      String name = "metadata." + Printable.of(pair.getKey());
      if (pair.getKey().length() > MAX_NAME) {
        throw tooLong("a name in metadata", pair.getKey().length(), MAX_NAME);
      }
      String value = Fields.text(name, pair.getValue());
      if (value.length() > MAX_VALUE) {
        throw tooLong(name, value.length(), MAX_VALUE);
      }
      values.put(pair.getKey(), value);
    }
    return values;
  }

  private static ServeException tooLong(String what, int length, int most) {
    return ServeException.invalid(
        what.startsWith("user") ? "user" : "metadata",
        "%s has %d characters; at most %d are allowed".formatted(what, length, most));
  }
}
