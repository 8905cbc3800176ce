package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ModelSpec;
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

/** A GGUF file: weights, tokenizer and template in one. */
public record GgufCheckpoint(
    GgufFile file,
    ModelSpec spec,
    Map<String, SourceTensor> tensors,
    ModelTexts texts,
    String license)
    implements Checkpoint {

  public static GgufCheckpoint open(Path path) {
    GgufFile file = GgufFile.open(path);
    try {
      GgufConfig decoder = GgufConfig.read(file);
      ModelSpec spec = decoder.spec();
      Map<String, SourceTensor> tensors = GgufTensors.of(file, decoder);
      ConfigFields metadata = new ConfigFields(file.name(), file.metadata());
      return new GgufCheckpoint(
          file,
          spec,
          tensors,
          texts(file, metadata, spec.vocabSize()),
          metadata.text("general.license").orElse(""));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static ModelTexts texts(GgufFile file, ConfigFields metadata, int vocabSize) {
    Optional<GgufTokenizer> tokenizer = GgufTokenizer.read(file, vocabSize);
    int bos = tokenId(metadata, "bos", vocabSize);
    int pad = tokenId(metadata, "padding", vocabSize);
    Map<String, String> templates = ChatTemplates.of(metadata);
    List<Integer> eos =
        GgufEndTokens.of(metadata, String.join("\n", templates.values()), vocabSize);
    Optional<byte[]> json = tokenizer.map(GgufTokenizer::toJson);
    json.ifPresent(bytes -> TokenizerCheck.check(bytes, vocabSize));
    return new ModelTexts(
        json,
        templates,
        tokenizer.map(GgufTokenizer::config).orElseGet(TextFiles::emptyObject),
        generationConfig(bos, eos, pad),
        bos,
        eos,
        pad);
  }

  private static int tokenId(ConfigFields metadata, String kind, int vocabSize) {
    return metadata.intOr("tokenizer.ggml." + kind + "_token_id", -1, 0, vocabSize - 1L);
  }

  private static ObjectNode generationConfig(int bos, List<Integer> eos, int pad) {
    ObjectNode config = TextFiles.emptyObject();
    if (bos >= 0) {
      config.put("bos_token_id", bos);
    }
    ArrayNode ids = config.putArray("eos_token_id");
    eos.forEach(ids::add);
    if (pad >= 0) {
      config.put("pad_token_id", pad);
    }
    return config;
  }

  @Override
  public String source() {
    return file.name();
  }

  @Override
  public void close() {
    file.close();
  }
}
