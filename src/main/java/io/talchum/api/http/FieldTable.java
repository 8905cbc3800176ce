package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The fields that one kind of object may have. */
final class FieldTable {
  /** Longer names are not worth a suggestion. */
  private static final int SUGGEST_CHARS = 40;

  private final List<RequestField> fields;
  private final Map<String, RequestField> byName;

  FieldTable(List<RequestField> fields) {
    this.fields = List.copyOf(fields);
    this.byName =
        fields.stream().collect(Collectors.toMap(RequestField::name, Function.identity()));
  }

  List<RequestField> fields() {
    return fields;
  }

  /** A table of fields that are all honoured. */
  static FieldTable of(String... names) {
    return new FieldTable(java.util.Arrays.stream(names).map(RequestField::honoured).toList());
  }

  /**
   * The object's fields, known to be in this table and not refused.
   *
   * @param where prefix of the names in messages, for example {@code messages[0].}
   * @throws ServeException UNSUPPORTED naming the first field at fault
   */
  Fields check(String where, ObjectNode object) {
    for (Map.Entry<String, JsonNode> property : object.properties()) {
      RequestField field = byName.get(property.getKey());
      if (field == null) {
        throw unknown(where + property.getKey(), property.getKey());
      }
      JsonNode value = property.getValue();
      if (!value.isNull() && !field.neutral().test(value)) {
        throw refused(where + field.name(), field.treatment(), value);
      }
    }
    return new Fields(where, object);
  }

  private static ServeException refused(
      String name, RequestField.Treatment treatment, JsonNode value) {
    if (treatment == RequestField.Treatment.ACCEPTED) {
      return ServeException.invalid(
          name,
          "%s is %s, which is not its type; it changes nothing here, so leave it out"
              .formatted(name, Fields.kind(value)));
    }
    return ServeException.of(
        ErrorCode.UNSUPPORTED,
        name,
        "%s is not supported by this server with the value %s; leave it out"
            .formatted(name, Printable.of(value.toString())));
  }

  private ServeException unknown(String fullName, String name) {
    String similar = mostSimilar(name);
    String shown = Printable.of(fullName);
    return ServeException.of(
        ErrorCode.UNSUPPORTED,
        shown,
        "%s is not a field of this request; %s"
            .formatted(
                shown, similar == null ? "leave it out" : "did you mean %s?".formatted(similar)));
  }

  private @Nullable String mostSimilar(String name) {
    String best = null;
    int bestDistance = Math.max(2, name.length() / 4) + 1;
    for (RequestField field : fields) {
      if (name.length() <= SUGGEST_CHARS && field.treatment() != RequestField.Treatment.REFUSED) {
        int distance = distance(name, field.name());
        if (distance < bestDistance) {
          best = field.name();
          bestDistance = distance;
        }
      }
    }
    return best;
  }

  /** Levenshtein distance, with case and underscores for free. */
  private static int distance(String left, String right) {
    String a = left.replace("_", "").replace("-", "").toLowerCase(java.util.Locale.ROOT);
    String b = right.replace("_", "");
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
