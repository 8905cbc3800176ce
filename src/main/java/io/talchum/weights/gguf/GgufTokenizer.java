package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ConfigFields;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The tokenizer in a GGUF file's metadata, turned into a tokenizer.json that gives the same ids.
 *
 * <p>Models {@code gpt2} (byte-level BPE) and {@code llama} (SentencePiece BPE with byte fallback).
 */
public final class GgufTokenizer {
  private static final String KEYS = "tokenizer.ggml.";
  private static final int MAX_TOKEN_CHARS = 1024;

  /** Keys that say nothing about how text becomes ids. */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "tokenizer\\.(chat_templates?(\\..*)?|huggingface\\.json|ggml\\.(\\w+_token_id|token_type_count))");

  private static final Set<String> SPECIAL = Set.of("bos", "eos", "unknown", "padding");

  private final ConfigFields fields;
  private final String model;
  private final GgufPreTokenizer pre;
  private final List<GgufToken> tokens;
  private final boolean addsBos;
  private final boolean addsEos;
  private final boolean addsSpace;
  private final ObjectNode metadata;

  private GgufTokenizer(GgufFile file, ConfigFields fields, String model, int vocabSize) {
    this.metadata = file.metadata();
    this.fields = fields;
    this.model = model;
    this.tokens = readTokens(vocabSize);
    String named = fields.text(KEYS + "pre").orElse("default");
    this.pre =
        model.equals("llama")
            ? GgufPreTokenizer.DEFAULT // means nothing there
            : GgufPreTokenizer.named(named, fields);
    boolean usuallyBos = model.equals("llama") || pre.addsBos();
    this.addsBos = fields.booleanOr(KEYS + "add_bos_token", usuallyBos);
    this.addsEos = fields.booleanOr(KEYS + "add_eos_token", false);
    this.addsSpace = fields.booleanOr(KEYS + "add_space_prefix", model.equals("llama"));
    if (fields.booleanOr(KEYS + "remove_extra_whitespaces", false)) {
      throw fields.refused(KEYS + "remove_extra_whitespaces true is not supported");
    }
    fields.find(KEYS + "merges");
    fields.find(KEYS + "scores");
    fields.refuseUnread();
  }

  /** Empty if the file has no tokenizer. */
  public static Optional<GgufTokenizer> read(GgufFile file, int vocabSize) {
    ObjectNode own = TextFiles.emptyObject();
    file.metadata()
        .properties()
        .forEach(
            entry -> {
              String key = entry.getKey();
              if (key.startsWith("tokenizer.") && !HARMLESS.matcher(key).matches()) {
                own.set(key, entry.getValue());
              }
            });
    ConfigFields fields = new ConfigFields(file.name(), own);
    Optional<String> model = fields.text(KEYS + "model");
    if (model.isEmpty()) {
      return Optional.empty();
    }
    if (!model.get().equals("gpt2") && !model.get().equals("llama")) {
      throw fields.refused(
          KEYS + "model " + model.get() + " is not supported; supported: gpt2, llama");
    }
    return Optional.of(new GgufTokenizer(file, fields, model.get(), vocabSize));
  }

  private List<GgufToken> readTokens(int vocabSize) {
    JsonNode texts = array("tokens");
    JsonNode types = array("token_type");
    JsonNode scores = fields.find(KEYS + "scores").orElseGet(TextFiles::emptyObject);
    if (texts.size() > vocabSize || (!types.isEmpty() && types.size() != texts.size())) {
      throw fields.refused(
          "%stokens has %d entries, token_type %d, the embedding %d rows"
              .formatted(KEYS, texts.size(), types.size(), vocabSize));
    }
    List<GgufToken> read = new ArrayList<>(texts.size());
    for (int id = 0; id < texts.size(); id++) {
      String text = texts.get(id).asText();
      if (!texts.get(id).isTextual() || text.length() > MAX_TOKEN_CHARS) {
        throw fields.refused(
            KEYS + "tokens: entry " + id + " is no text of at most " + MAX_TOKEN_CHARS);
      }
      int type = types.isEmpty() ? GgufToken.NORMAL : types.get(id).asInt();
      read.add(new GgufToken(id, text, type, scores.path(id).floatValue()));
    }
    return read;
  }

  private JsonNode array(String name) {
    JsonNode value = fields.find(KEYS + name).orElseGet(() -> metadata.arrayNode());
    if (!value.isArray()) {
      throw fields.refused(KEYS + name + " must be an array");
    }
    return value;
  }

  /** The tokenizer.json, UTF-8. */
  public byte[] toJson() {
    ObjectNode json = TextFiles.emptyObject();
    json.put("version", "1.0");
    json.putNull("truncation").putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    tokens.stream().filter(GgufToken::isAdded).forEach(token -> added.add(addedToken(token)));
    if (model.equals("gpt2")) {
      pre.write(json);
    } else {
      GgufPreTokenizer.writeSentencePiece(json, addsSpace);
    }
    json.set("post_processor", postProcessor());
    json.set("model", bpe());
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ObjectNode addedToken(GgufToken token) {
    return TextFiles.emptyObject()
        .put("id", token.id())
        .put("content", token.text())
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", token.isSpecial());
  }

  private ObjectNode bpe() {
    boolean bytes = model.equals("llama");
    ObjectNode bpe = TextFiles.emptyObject().put("type", "BPE").putNull("dropout");
    if (bytes) {
      bpe.put("unk_token", text("unknown").orElse(tokens.getFirst().text()));
    } else {
      bpe.putNull("unk_token");
    }
    bpe.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    bpe.put("fuse_unk", bytes).put("byte_fallback", bytes);
    bpe.put("ignore_merges", pre.takesWholeWords());
    ObjectNode vocab = bpe.putObject("vocab");
    for (GgufToken token : tokens) {
      if (token.type() != GgufToken.UNUSED) {
        if (vocab.has(token.text())) {
          throw fields.refused(KEYS + "tokens lists \"" + token.text() + "\" twice");
        }
        vocab.put(token.text(), token.id());
      }
    }
    bpe.set("merges", bytes ? SentencePieceMerges.of(tokens) : merges());
    return bpe;
  }

  private ArrayNode merges() {
    ArrayNode pairs = TextFiles.emptyObject().arrayNode();
    for (JsonNode merge : array("merges")) {
      String text = merge.asText();
      int space = text.indexOf(' ', 1);
      if (space < 0) {
        throw fields.refused(KEYS + "merges holds \"" + text + "\", which is no pair");
      }
      pairs.addArray().add(text.substring(0, space)).add(text.substring(space + 1));
    }
    return pairs;
  }

  private JsonNode postProcessor() {
    Optional<String> bos = addsBos ? text("bos") : Optional.empty();
    Optional<String> eos = addsEos ? text("eos") : Optional.empty();
    if (bos.isEmpty() && eos.isEmpty()) {
      return metadata.nullNode();
    }
    ObjectNode template = TextFiles.emptyObject().put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode special = template.putObject("special_tokens");
    for (int sequence = 0; sequence < 2; sequence++) {
      for (ArrayNode target : sequence == 0 ? List.of(single, pair) : List.of(pair)) {
        int type = sequence;
        bos.ifPresent(token -> addSpecial(target, token, type));
        target
            .addObject()
            .putObject("Sequence")
            .put("id", sequence == 0 ? "A" : "B")
            .put("type_id", type);
        eos.ifPresent(token -> addSpecial(target, token, type));
      }
    }
    bos.ifPresent(token -> describe(special, token, "bos"));
    eos.ifPresent(token -> describe(special, token, "eos"));
    return template;
  }

  private static void addSpecial(ArrayNode target, String token, int type) {
    target.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private void describe(ObjectNode special, String token, String kind) {
    ObjectNode entry = special.putObject(token).put("id", token);
    entry.putArray("ids").add(id(kind));
    entry.putArray("tokens").add(token);
  }

  /** What belongs into tokenizer_config.json. */
  ObjectNode config() {
    ObjectNode config = TextFiles.emptyObject();
    for (String kind : List.of("bos", "eos", "unknown", "padding")) {
      String name =
          switch (kind) {
            case "unknown" -> "unk_token";
            case "padding" -> "pad_token";
            default -> kind + "_token";
          };
      text(kind).ifPresent(token -> config.put(name, token));
    }
    return config.put("add_bos_token", addsBos).put("add_eos_token", addsEos);
  }

  private Optional<String> text(String kind) {
    int id = id(kind);
    return id < 0 ? Optional.empty() : Optional.of(tokens.get(id).text());
  }

  /** -1 if the file names none. */
  private int id(String kind) {
    if (!SPECIAL.contains(kind)) {
      throw new IllegalArgumentException(kind);
    }
    return new ConfigFields("tokenizer", metadata)
        .intOr(KEYS + kind + "_token_id", -1, 0, tokens.size() - 1L);
  }
}
