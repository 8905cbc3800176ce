package io.talchum.adapter.folder;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Parses {@code adapter_config.json} with bounded size and depth. */
public final class ConfigJson {
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 32;

  /** Python writes NaN and Infinity as bare words: taken here so that the key can be named. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private ConfigJson() {}

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if it is no JSON object, too large or
   *     too deep, repeats a key, or holds a number that is not finite
   */
  public static AdapterConfigFields read(Path file) {
    JsonNode root;
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw AdapterConfigFields.refuse("it is larger than " + MAX_BYTES + " bytes");
      }
      root = MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw AdapterConfigFields.refuse("it cannot be read as JSON: " + firstLine(e));
    }
    if (root == null || !root.isObject()) {
      throw AdapterConfigFields.refuse("it has to be a JSON object");
    }
    requireFinite("", root);
    return new AdapterConfigFields(root);
  }

  private static void requireFinite(String key, JsonNode node) {
    if (node.isNumber() && !Double.isFinite(node.doubleValue())) {
      throw AdapterConfigFields.refuse(key + " is " + node + ", write a finite number");
    }
    if (node.isArray()) {
      node.forEach(element -> requireFinite(key, element));
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      requireFinite(key.isEmpty() ? entry.getKey() : key + "." + entry.getKey(), entry.getValue());
    }
  }

  private static String firstLine(IOException e) {
    String message = String.valueOf(e.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
