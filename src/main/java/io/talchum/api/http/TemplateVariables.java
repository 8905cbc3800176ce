package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON values as plain Java ones. */
final class TemplateVariables {
  private TemplateVariables() {}

  static Map<String, Object> of(ObjectNode object) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      values.put(entry.getKey(), value("chat_template_kwargs." + entry.getKey(), entry.getValue()));
    }
    return values;
  }

  private static Object value(String name, JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> Fields.text(name, node);
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> node.numberValue();
      case ARRAY -> {
        List<Object> values = new ArrayList<>();
        node.forEach(element -> values.add(value(name, element)));
        yield values;
      }
      case OBJECT -> of((ObjectNode) node);
      case NULL, BINARY, MISSING, POJO ->
          throw ServeException.invalid(name, name + " is null; leave it out");
    };
  }
}
