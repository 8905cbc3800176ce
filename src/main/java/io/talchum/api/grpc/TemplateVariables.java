package io.talchum.api.grpc;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of {@code google.protobuf.Struct} as plain Java ones. */
final class TemplateVariables {
  /** Beyond, a double does not hold every whole number. */
  private static final double EXACT = 1L << 53;

  private TemplateVariables() {}

  static Map<String, Object> of(Struct struct) {
    return of("chat_template_kwargs", struct);
  }

  private static Map<String, Object> of(String field, Struct struct) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, Value> entry : struct.getFieldsMap().entrySet()) {
      String name = field + "." + Printable.of(entry.getKey());
      values.put(entry.getKey(), value(name, entry.getValue()));
    }
    return values;
  }

  private static Object value(String name, Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case NUMBER_VALUE -> number(name, value.getNumberValue());
      case LIST_VALUE -> {
        List<Object> values = new ArrayList<>();
        value.getListValue().getValuesList().forEach(e -> values.add(value(name, e)));
        yield values;
      }
      case STRUCT_VALUE -> of(name, value.getStructValue());
      case NULL_VALUE, KIND_NOT_SET ->
          throw ServeException.invalid(name, name + " is null; leave it out");
    };
  }

  /** A Struct has doubles only; templates print whole numbers without a fraction. */
  private static Number number(String name, double value) {
    if (!Double.isFinite(value)) {
      throw ServeException.invalid(name, name + " is " + value + "; send a finite number");
    }
    if (value == Math.rint(value) && Math.abs(value) < EXACT) {
      return (long) value;
    }
    return value;
  }
}
