package io.talchum.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** Normalizer, pre-tokenizer and decoder of tokenizer.json for the kinds that GGUF names. */
final class GgufPreTokenizers {
  private static final String SPACE_MARK = "\u2581";
  private static final Set<String> LLAMA3 = Set.of("llama-bpe", "llama3", "llama-v3");

  private static final String LLAMA3_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String QWEN2_WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final List<String> DEFAULT_STEPS =
      List.of(
          "[\\p{P}\\$\\+<=>\\^~\\|]+",
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
          "\\p{N}+",
          "[0-9][0-9][0-9]");

  private GgufPreTokenizers() {}

  /** Whether the kind also adds a beginning of text, and takes whole words from the vocabulary. */
  static boolean isLlama3(String pre) {
    return LLAMA3.contains(pre);
  }

  /** Of a byte-level vocabulary. */
  static void write(ObjectNode json, String pre, ConfigFields fields) {
    boolean qwen = pre.equals("qwen2");
    if (qwen) {
      json.putObject("normalizer").put("type", "NFC");
    } else {
      json.putNull("normalizer");
    }
    ArrayNode steps =
        json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    if (isLlama3(pre)) {
      split(steps, LLAMA3_WORDS);
    } else if (qwen) {
      split(steps, QWEN2_WORDS);
    } else if (pre.equals("default")) {
      DEFAULT_STEPS.forEach(step -> split(steps, step));
    } else if (pre.equals("smollm")) {
      steps.addObject().put("type", "Digits").put("individual_digits", true);
    } else if (!pre.equals("gpt-2")) {
      throw fields.refused(
          "tokenizer.ggml.pre "
              + pre
              + " is not supported; supported: default, gpt-2, llama-bpe, qwen2, smollm");
    }
    byteLevel(steps.addObject(), pre.equals("smollm") || pre.equals("gpt-2"));
    byteLevel(json.putObject("decoder"), true);
  }

  private static void split(ArrayNode steps, String regex) {
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", regex);
    split.put("behavior", "Isolated").put("invert", false);
  }

  private static void byteLevel(ObjectNode node, boolean splitsWords) {
    node.put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", splitsWords);
  }

  /**
   * Of a SentencePiece vocabulary: spaces become marks.
   *
   * @param addsSpace whether each piece of text between special tokens gets a space in front
   */
  static void writeSentencePiece(ObjectNode json, boolean addsSpace) {
    ArrayNode normalizers =
        json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    if (addsSpace) {
      normalizers.addObject().put("type", "Prepend").put("prepend", SPACE_MARK);
    }
    replace(normalizers.addObject(), " ", SPACE_MARK);
    json.putNull("pre_tokenizer");
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    replace(decoders.addObject(), SPACE_MARK, " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    if (addsSpace) {
      decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    }
  }

  private static void replace(ObjectNode node, String from, String to) {
    node.put("type", "Replace").putObject("pattern").put("String", from);
    node.put("content", to);
  }
}
