package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.talchum.testing.Fixtures;
import io.talchum.text.DjlTokenizer;
import io.talchum.weights.TextFiles;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.gguf.GgufEndTokens;
import io.talchum.weights.gguf.GgufFile;
import io.talchum.weights.gguf.GgufPreTokenizer;
import io.talchum.weights.gguf.GgufTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A tokenizer.json made from GGUF metadata gives the ids of the one that the model came with. */
class GgufTokenizerTest {
  private static final Map<String, String> AS_IS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  private static byte[] converted(String file, int vocabSize) {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/" + file))) {
      return GgufTokenizer.read(gguf, vocabSize).orElseThrow().toJson();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama, llama.Q8_0", "llama_tied, llama_tied.Q8_0", "llama31, llama31.Q8_0",
    "qwen2, qwen2.Q4_0", "qwen3, qwen3.Q4_0", "gemma2, gemma3.Q4_0"
  })
  void givesTheIdsOfTheOriginal(String family, String file) throws IOException {
    List<JsonNode> cases = cases(family);
    assertThat(cases).isNotEmpty();
    checkCases(cases, converted(file + ".gguf", 560));
  }

  /**
   * GGUF does not say whether a space is put before a text that starts with one or after a control
   * token; as llama.cpp, we always put it. That original does not.
   */
  @Test
  void givesTheIdsOfMistralWhereGgufSaysEnough() throws IOException {
    List<JsonNode> cases =
        cases("mistral").stream()
            .filter(c -> !c.get("text").asText().matches("(?s)[ \u2581].*|.*</?s>.*|.*<unk>.*"))
            .toList();
    assertThat(cases).hasSizeGreaterThan(40);
    checkCases(cases, converted("mistral.Q4_0.gguf", 512));
  }

  private static void checkCases(List<JsonNode> cases, byte[] json) throws IOException {
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), AS_IS)) {
      for (JsonNode golden : cases) {
        String text = golden.get("text").asText();
        long[] ids = ids(golden.get("ids"));
        assertThat(tokenizer.encode(text, false, false).getIds()).as(text).isEqualTo(ids);
        assertThat(tokenizer.encode(text, true, false).getIds())
            .as(text)
            .isEqualTo(ids(golden.get("ids_special")));
        assertThat(tokenizer.decode(ids, false)).isEqualTo(golden.get("decoded").asText());
      }
    }
  }

  private static List<JsonNode> cases(String family) throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    for (String line : Files.readAllLines(Fixtures.path("tokenizers/cases.jsonl"))) {
      JsonNode node = new JsonMapper().readTree(line);
      if (node.get("tokenizer").asText().equals("models/" + family + "/tokenizer.json")) {
        cases.add(node);
      }
    }
    return cases;
  }

  private static long[] ids(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToLong(JsonNode::asLong).toArray();
  }

  @Test
  void sentencePiece() throws IOException {
    Map<String, int[]> golden =
        Map.of(
            "Hello, world!",
            new int[] {510, 449, 299, 308, 427, 267, 276, 330, 36},
            "hello  world   three",
            new int[] {345, 473, 308, 266, 484, 276, 330, 266, 311, 270, 467},
            "...!!!???---",
            new int[] {377, 428, 428, 36, 36, 36, 442, 442, 442, 48, 48, 48},
            "tab\t\tdouble\t",
            new int[] {259, 463, 464, 12, 12, 466, 282, 464, 473, 467, 12},
            "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!",
            new int[] {
              510, 211, 162, 505, 503, 211, 181, 211, 184, 212, 133, 427, 510, 211, 191, 503, 505,
              36
            });
    byte[] json = converted("mistral.Q8_0.gguf", 512);
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), AS_IS)) {
      golden.forEach(
          (text, ids) -> {
            long[] expected = Arrays.stream(ids).asLongStream().toArray();
            assertThat(tokenizer.encode(text, false, false).getIds()).isEqualTo(expected);
            assertThat(tokenizer.decode(expected, false)).isEqualTo(text);
            assertThat(tokenizer.encode(text, true, false).getIds())
                .isEqualTo(LongStream.concat(LongStream.of(1), Arrays.stream(expected)).toArray());
          });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama.Q4_0.gguf", "llama_tied.Q4_1.gguf", "mistral.Q4_0.gguf"})
  void theServerLoadsWhatImportWrites(String file, @TempDir Path models) {
    Path directory =
        new ModelImporter()
            .run(
                ImportRequest.of(Fixtures.path("gguf/" + file), "m"),
                models,
                ProgressListener.NONE);
    int vocabSize = ModelPackage.readManifest(directory).spec().vocabSize();
    assertThat(DjlTokenizer.load(directory.resolve("tokenizer.json"), vocabSize)).isNotNull();
    assertThat(directory.resolve("chat_template.jinja")).isNotEmptyFile();
  }

  @ParameterizedTest
  @EnumSource
  void everyKindOfPreTokenizerLoads(GgufPreTokenizer pre) {
    var json =
        TextFiles.parse(
            "tokenizer.json", TextFiles.decode("tokenizer.json", converted("llama.F32.gguf", 448)));
    json.remove(List.of("normalizer", "pre_tokenizer", "decoder"));
    pre.write(json);
    try (HuggingFaceTokenizer tokenizer =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(
                json.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            AS_IS)) {
      String text = "It's 12345 tests, isn't it?\n  ok";
      long[] ids = tokenizer.encode(text, false, false).getIds();
      assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void endsAtWhatTheTemplateWritesAfterATurn() {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/gemma3.Q4_0.gguf"))) {
      ConfigFields metadata = new ConfigFields("m.gguf", gguf.metadata());
      String template = metadata.text("tokenizer.chat_template").orElseThrow();
      assertThat(template).contains("<end_of_turn>");
      assertThat(GgufEndTokens.of(metadata, template, 560)).containsExactly(1, 559);
      assertThat(GgufEndTokens.of(metadata, "", 560)).containsExactly(1);
    }
  }

  @Test
  void refusesAnUnknownPreTokenizerByName() {
    assertThatThrownBy(
            () ->
                GgufPreTokenizer.named(
                    "bloom", new ConfigFields("m.gguf", TextFiles.emptyObject())))
        .hasMessageContaining("tokenizer.ggml.pre bloom is not supported; supported: codeshell,")
        .hasMessageContaining("llama-bpe")
        .hasMessageContaining("tekken");
  }
}
