package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;

/**
 * Whether and how the answer is streamed.
 *
 * @param includeUsage one more event with the usage, before the end
 * @param continuousUsage usage in every event
 */
record StreamChoice(boolean stream, boolean includeUsage, boolean continuousUsage) {
  static final FieldTable OPTIONS =
      new FieldTable(
          java.util.List.of(
              RequestField.honoured("include_usage"),
              RequestField.honoured("continuous_usage_stats"),
              RequestField.accepted("include_obfuscation", JsonNode::isBoolean)));

  static StreamChoice map(Fields fields) {
    boolean stream = fields.bool("stream", false);
    ObjectNode options = fields.object("stream_options");
    if (options == null) {
      return new StreamChoice(stream, false, false);
    }
    Fields wanted = OPTIONS.check("stream_options.", options);
    if (!stream) {
      throw ServeException.invalid(
          "stream_options", "stream_options needs stream: true; set it or leave the options out");
    }
    return new StreamChoice(
        true, wanted.bool("include_usage", false), wanted.bool("continuous_usage_stats", false));
  }
}
