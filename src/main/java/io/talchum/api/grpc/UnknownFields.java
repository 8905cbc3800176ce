package io.talchum.api.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.List;
import java.util.Map;

/** Finds what protobuf would pass over in silence: fields that this server does not know. */
final class UnknownFields {
  private UnknownFields() {}

  /**
   * Returns if all fields are known, in nested messages too. The parser has bounded their depth.
   *
   * @throws ServeException UNSUPPORTED naming the number of the first unknown field
   */
  static void check(Message message) {
    check("", message);
  }

  private static void check(String where, Message message) {
    for (int number : message.getUnknownFields().asMap().keySet()) {
      String holder = where.isEmpty() ? message.getDescriptorForType().getName() : where;
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          where.isEmpty() ? Integer.toString(number) : where + "." + number,
          "field number %d of %s is not known to this server; leave it out"
              .formatted(number, holder));
    }
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      String name = where.isEmpty() ? "" : where + ".";
      nested(name + field.getKey().getName(), field.getValue());
    }
  }

  private static void nested(String name, Object value) {
    if (value instanceof Message message) {
      check(name, message);
    } else if (value instanceof List<?> values
        && !values.isEmpty()
        && values.getFirst() instanceof Message) {
      for (int i = 0; i < values.size(); i++) {
        nested(name + "[" + i + "]", values.get(i));
      }
    }
  }
}
