package io.talchum.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** The small files of one folder: bounded, UTF-8; a broken one is refused by name. */
public record TextFiles(Path folder) {
  private static final char REPLACEMENT = '\ufffd';
  private static final int SHORT = 256;

  boolean has(String name) {
    return Files.exists(folder.resolve(name));
  }

  /** Empty if there is no such file. */
  public Optional<byte[]> bytes(String name) {
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      if (!Files.isRegularFile(file)) {
        throw refused(name, "is not a plain file");
      }
      long size = Files.size(file);
      if (size > Limits.MAX_TEXT_FILE_BYTES) {
        throw refused(
            name, "has " + size + " bytes; at most " + Limits.MAX_TEXT_FILE_BYTES + " are read");
      }
      return Optional.of(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, name + " cannot be read: " + e.getMessage(), e);
    }
  }

  public Optional<String> text(String name) {
    return bytes(name).map(bytes -> decode(name, bytes));
  }

  public Optional<ObjectNode> json(String name) {
    return text(name).map(text -> parse(name, text));
  }

  public ObjectNode requireJson(String name) {
    return json(name).orElseThrow(() -> refused(name, "is missing from the model's folder"));
  }

  public static ObjectNode parse(String name, String text) {
    try {
      JsonNode node = StrictJson.MAPPER.readTree(text);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw refused(name, "is not a JSON object");
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, name + " is not valid JSON: " + StrictJson.reason(e), e);
    }
  }

  public static ObjectNode emptyObject() {
    return StrictJson.MAPPER.createObjectNode();
  }

  public static String decode(String name, byte[] bytes) {
    return decode(() -> name, bytes);
  }

  /**
   * @param name asked for only if the bytes are refused
   */
  public static String decode(Supplier<String> name, byte[] bytes) {
    if (bytes.length > SHORT) {
      requireUtf8(name, bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) >= 0) { // of the text, or in place of broken bytes
      requireUtf8(name, bytes);
    }
    return text;
  }

  /** Looks at all bytes without keeping what they mean. */
  private static void requireUtf8(Supplier<String> name, byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(Math.min(bytes.length + 1, 1024));
    CoderResult result;
    do {
      result = decoder.decode(in, out.clear(), true);
    } while (result.isOverflow());
    if (result.isError()) {
      throw new ServeException(ErrorCode.INVALID_MODEL, name.get() + " is not UTF-8 text");
    }
  }

  public static ServeException refused(String name, String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, name + " " + reason);
  }
}
