package io.talchum.weights.hf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ModelSpec;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ChatTemplates;
import io.talchum.weights.checkpoint.Checkpoint;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.ModelTexts;
import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.checkpoint.TokenizerCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Hugging Face folder: config.json, safetensors, tokenizer files. */
public record HfCheckpoint(
    String source,
    ModelSpec spec,
    HfTensors files,
    Map<String, SourceTensor> tensors,
    ModelTexts texts,
    String license)
    implements Checkpoint {
  private static final Pattern LICENSE = Pattern.compile("(?m)^license:\\s*['\"]?([^'\"\\r\\n]*)");
  private static final List<String> SPECIAL_TOKENS =
      List.of("bos_token", "eos_token", "unk_token", "pad_token");

  public static HfCheckpoint open(Path folder) {
    TextFiles texts = new TextFiles(folder);
    ObjectNode config = texts.requireJson("config.json");
    HfConfig decoder = HfConfig.read(new ConfigFields("config.json", config));
    ModelSpec spec = decoder.spec();
    ModelTexts modelTexts = readTexts(texts, config, spec.vocabSize());
    HfTensors files = HfTensors.open(folder);
    try {
      Path name = folder.toAbsolutePath().normalize();
      return new HfCheckpoint(
          MappedFile.name(name), spec, files, files.of(decoder), modelTexts, license(texts));
    } catch (RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private static ModelTexts readTexts(TextFiles files, ObjectNode config, int vocabSize) {
    ObjectNode raw = files.json("tokenizer_config.json").orElseGet(TextFiles::emptyObject);
    ObjectNode special = files.json("special_tokens_map.json").orElseGet(TextFiles::emptyObject);
    ObjectNode generation = files.json("generation_config.json").orElseGet(TextFiles::emptyObject);
    Optional<byte[]> tokenizer = files.bytes("tokenizer.json");
    tokenizer.ifPresent(bytes -> TokenizerCheck.check(bytes, vocabSize));
    ConfigFields first = new ConfigFields("generation_config.json", generation);
    ConfigFields second = new ConfigFields("config.json", config);
    return new ModelTexts(
        tokenizer,
        ChatTemplates.of(files, raw),
        tokenizerConfig(raw, special),
        generation,
        one(either(first, second, "bos_token_id", vocabSize)),
        either(first, second, "eos_token_id", vocabSize),
        one(either(first, second, "pad_token_id", vocabSize)));
  }

  private static List<Integer> either(
      ConfigFields first, ConfigFields second, String key, int vocabSize) {
    return first.has(key) ? first.tokenIds(key, vocabSize) : second.tokenIds(key, vocabSize);
  }

  private static int one(List<Integer> ids) {
    return ids.isEmpty() ? -1 : ids.getFirst();
  }

  private static ObjectNode tokenizerConfig(ObjectNode raw, ObjectNode special) {
    ObjectNode kept = TextFiles.emptyObject();
    for (String token : SPECIAL_TOKENS) {
      JsonNode value = raw.hasNonNull(token) ? raw.get(token) : special.get(token);
      if (value != null && !value.isNull()) {
        kept.put(token, value.isObject() ? value.path("content").asText() : value.asText());
      }
    }
    for (String flag : List.of("add_bos_token", "add_eos_token")) {
      if (raw.path(flag).isBoolean()) {
        kept.put(flag, raw.get(flag).booleanValue());
      }
    }
    return kept;
  }

  /** From the front matter of README.md. */
  private static String license(TextFiles files) {
    String readme = files.text("README.md").orElse("");
    int end = readme.startsWith("---") ? readme.indexOf("\n---", 3) : -1;
    Matcher found = LICENSE.matcher(end < 0 ? "" : readme.substring(0, end));
    return found.find() ? found.group(1).strip() : "";
  }

  @Override
  public void close() {
    files.close();
  }
}
