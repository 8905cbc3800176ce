package io.talchum.adapter.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;

/** The store's own small files. */
final class StoreJson {
  static final int FORMAT = 1;
  private static final int MAX_BYTES = 4 << 20;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(16).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StoreJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode().put("format", FORMAT);
  }

  static byte[] bytes(ObjectNode node) throws IOException {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
  }

  interface Shape<T> {
    T read(JsonNode node);
  }

  /**
   * @throws ServeException INTERNAL if the file is not what the store writes
   */
  static <T> T read(Path file, Shape<T> shape) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    try {
      JsonNode node = MAPPER.readTree(bytes);
      if (bytes.length > MAX_BYTES || node.path("format").asInt() != FORMAT) {
        throw broken(file, null);
      }
      return shape.read(node);
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      throw broken(file, e);
    }
  }

  static ContentHash hash(JsonNode node) {
    return new ContentHash(node.asText());
  }

  static Instant instant(JsonNode node) {
    return Instant.parse(node.asText());
  }

  private static ServeException broken(
      Path file, @org.jspecify.annotations.Nullable Exception cause) {
    return new ServeException(
        ErrorCode.INTERNAL,
        "%s in the adapter store is damaged; remove it and add the adapter again"
            .formatted(file.getFileName()),
        cause);
  }
}
