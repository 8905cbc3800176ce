package io.talchum.weights.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.weights.checkpoint.ConfigFields;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Normalizer, pre-tokenizer and decoder of tokenizer.json for the kinds that GGUF names. */
public enum GgufPreTokenizer {
  /** What llama.cpp does for a file that names none. */
  DEFAULT(
      List.of("default"),
      List.of(
          "[\\p{P}\\$\\+<=>\\^~\\|]+",
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
          "\\p{N}+",
          "[0-9][0-9][0-9]")),
  /** Words by the byte-level step's own rule. */
  GPT2(List.of("gpt-2", "olmo", "mpt", "phi-2"), List.of()),
  /** Each digit alone, then words as in {@link #GPT2}. */
  DIGITS(List.of("smollm", "starcoder", "refact", "codeshell", "command-r"), List.of()),
  LLAMA3(
      List.of("llama-bpe", "llama3", "llama-v3", "falcon3", "pixtral", "lfm2"),
      List.of(Words.upTo(3))),
  /** As {@link #LLAMA3}, but without a beginning of text, and merged like any other. */
  CL100K(List.of("dbrx", "smaug-bpe"), List.of(Words.upTo(3))),
  QWEN2(List.of("qwen2", "deepseek-r1-qwen", "megrez"), List.of(Words.upTo(1))),
  TEKKEN(List.of("tekken"), List.of(Words.byCase("", "\\p{N}"))),
  O200K(
      List.of("gpt-4o", "llama4"),
      List.of(Words.byCase("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "\\p{N}{1,3}")));

  private static final String SPACE_MARK = "\u2581";

  private final List<String> names;
  private final List<String> steps;

  GgufPreTokenizer(List<String> names, List<String> steps) {
    this.names = names;
    this.steps = steps;
  }

  /** Regular expressions that split a text to words. */
  private static final class Words {
    private static final String REST =
        "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    /** Numbers in runs of at most so many digits. */
    static String upTo(int digits) {
      return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + (digits == 1 ? "" : "{1," + digits + "}")
          + REST;
    }

    /** A word ends where upper case follows lower case. */
    static String byCase(String ending, String numbers) {
      String upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
      String lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
      String start = "[^\\r\\n\\p{L}\\p{N}]?";
      return start
          + upper
          + "*"
          + lower
          + "+"
          + ending
          + "|"
          + start
          + upper
          + "+"
          + lower
          + "*"
          + ending
          + "|"
          + numbers
          + REST.replace("[\\r\\n]*|", "[\\r\\n/]*|");
    }
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_MODEL for a name that is not known, with those
   *     that are
   */
  public static GgufPreTokenizer named(String pre, ConfigFields fields) {
    Optional<GgufPreTokenizer> found =
        Arrays.stream(values()).filter(kind -> kind.names.contains(pre)).findFirst();
    return found.orElseThrow(
        () ->
            fields.refused(
                "tokenizer.ggml.pre %s is not supported; supported: %s"
                    .formatted(
                        pre,
                        String.join(
                            ", ",
                            Arrays.stream(values())
                                .flatMap(kind -> kind.names.stream())
                                .sorted()
                                .toList()))));
  }

  /** Whether such a tokenizer puts a beginning of text before each text unless the file says no. */
  boolean addsBos() {
    return this == LLAMA3 || this == TEKKEN;
  }

  /** Whether a word that is in the vocabulary is taken whole. */
  boolean takesWholeWords() {
    return this == LLAMA3 || this == TEKKEN;
  }

  /** Writes the parts of a byte-level tokenizer. */
  public void write(ObjectNode json) {
    if (this == QWEN2) {
      json.putObject("normalizer").put("type", "NFC");
    } else {
      json.putNull("normalizer");
    }
    ArrayNode target =
        json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    steps.forEach(step -> split(target, step));
    if (this == DIGITS) {
      target.addObject().put("type", "Digits").put("individual_digits", true);
    }
    byteLevel(target.addObject(), steps.isEmpty());
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
   * Writes the parts of a SentencePiece tokenizer: spaces become marks.
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
