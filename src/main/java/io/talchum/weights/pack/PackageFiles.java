package io.talchum.weights.pack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.StrictJson;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ChatTemplates;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** The files of a package directory, and how its content hash is computed. */
final class PackageFiles {
  static final String MANIFEST = "model.json";
  static final String WEIGHTS = "weights.bin";
  static final String TOKENIZER = "tokenizer.json";
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String CHAT_TEMPLATE = "chat_template.jinja";
  static final String GENERATION_CONFIG = "generation_config.json";

  private static final List<String> HASHED_TEXTS =
      List.of(TOKENIZER, TOKENIZER_CONFIG, CHAT_TEMPLATE, GENERATION_CONFIG);

  private static final JsonMapper MAPPER =
      StrictJson.MAPPER
          .rebuild()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .build();

  private PackageFiles() {}

  static String toJson(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records can always be written as JSON", e);
    }
  }

  /**
   * What every version of the manifest has.
   *
   * @param name may be none that a package can have
   */
  record Header(int formatVersion, String name) {}

  /**
   * @throws ServeException INVALID_MODEL if this is no manifest of any version
   */
  static Header header(String json) {
    try {
      return header(MAPPER.readTree(json));
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "not a package manifest: " + StrictJson.reason(e), e);
    }
  }

  private static Header header(JsonNode tree) {
    JsonNode version = tree.path("formatVersion");
    if (!version.isInt()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "not a package manifest: it has no formatVersion");
    }
    return new Header(version.intValue(), tree.path("name").asText(""));
  }

  /**
   * @param name of the package's directory, for the message
   */
  static PackageManifest parseManifest(String name, String json) {
    try {
      JsonNode tree = MAPPER.readTree(json);
      int version = header(tree).formatVersion();
      if (version != PackageCheck.FORMAT_VERSION) {
        throw new ServeException(
            ErrorCode.INVALID_MODEL,
            "model %s was %s (%s has format version %d, this build reads %d)"
                .formatted(
                    name,
                    (version < PackageCheck.FORMAT_VERSION
                            ? PackageState.OLDER
                            : PackageState.NEWER)
                        .text(),
                    MANIFEST,
                    version,
                    PackageCheck.FORMAT_VERSION));
      }
      return MAPPER.treeToValue(tree, PackageManifest.class);
    } catch (JsonProcessingException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "%s/%s is not a package manifest: %s; import again"
              .formatted(name, MANIFEST, StrictJson.reason(e)),
          e);
    }
  }

  /** What the hash covers of the manifest. */
  private record Identity(
      ModelSpec spec,
      List<PackedTensor> tensors,
      int bosTokenId,
      List<Integer> eosTokenIds,
      int padTokenId) {}

  /**
   * The hash of a package: each item as length and bytes, first the manifest's identity, then the
   * SHA-256 of the weights, then the text files in a fixed order (-1 as length of a missing one),
   * then name and text of each further chat template.
   */
  static ContentHash hash(PackageManifest manifest, ContentHash weights, Path directory) {
    MessageDigest digest = ContentHash.newDigest();
    Identity identity =
        new Identity(
            manifest.spec(),
            manifest.tensors(),
            manifest.bosTokenId(),
            manifest.eosTokenIds(),
            manifest.padTokenId());
    add(digest, toJson(identity).getBytes(StandardCharsets.UTF_8));
    add(digest, HexFormat.of().parseHex(weights.hex()));
    TextFiles texts = new TextFiles(directory);
    for (String name : HASHED_TEXTS) {
      texts.bytes(name).ifPresentOrElse(bytes -> add(digest, bytes), () -> addLength(digest, -1));
    }
    for (String name : ChatTemplates.additional(directory)) {
      add(digest, name.getBytes(StandardCharsets.UTF_8));
      texts.bytes(ChatTemplates.path(name)).ifPresent(bytes -> add(digest, bytes));
    }
    return ContentHash.of(digest);
  }

  private static void add(MessageDigest digest, byte[] bytes) {
    addLength(digest, bytes.length);
    digest.update(bytes);
  }

  private static void addLength(MessageDigest digest, long length) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(length).flip());
  }
}
