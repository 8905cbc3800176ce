package io.talchum.weights.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ServeException;
import io.talchum.weights.checkpoint.ChatTemplates;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.gguf.GgufFromHf;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Chat templates in the metadata of a GGUF file, one or several. */
class GgufTemplatesTest {
  @Test
  void namedTemplatesAreKeptBesideTheDefault(@TempDir Path folder) {
    Path file =
        GgufFromHf.write(
            "llama_tied",
            folder.resolve("m.gguf"),
            Map.of(
                "tokenizer.chat_template", "D",
                "tokenizer.chat_template.tool_use", "T",
                "tokenizer.chat_template.rag", "R"));
    Path model =
        new ModelImporter()
            .run(
                ImportRequest.of(file, "m").withoutTokenizer(),
                folder.resolve("models"),
                ProgressListener.NONE);
    try (ModelPackage opened = ModelPackage.open(model)) {
      assertThat(opened.chatTemplates())
          .containsExactlyInAnyOrderEntriesOf(Map.of("default", "D", "tool_use", "T", "rag", "R"));
    }
  }

  @Test
  void theListNamesWhatIsThere() {
    assertThat(
            read(
                """
                {"tokenizer.chat_template": "D", "tokenizer.chat_template.tool_use": "T",
                 "tokenizer.chat_templates": ["tool_use"]}
                """))
        .isEqualTo(Map.of("default", "D", "tool_use", "T"));
    assertThat(read("{}")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'tokenizer.chat_templates': ['rag']} | tokenizer.chat_template.rag is missing",
        "{'tokenizer.chat_template.../x': 'T'} | has a name of other signs",
        "{'tokenizer.chat_template.rag': 5} | tokenizer.chat_template.rag is 5; it must be a text",
        "{'tokenizer.chat_template': 'A', 'tokenizer.chat_template.default': 'B'} | has both"
      })
  void refusesByName(String metadata, String message) {
    assertThatThrownBy(() -> read(metadata.replace('\'', '"')))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining(message);
  }

  private static Map<String, String> read(String metadata) {
    try {
      ObjectNode keys = (ObjectNode) new ObjectMapper().readTree(metadata);
      return ChatTemplates.of(new ConfigFields("m.gguf", keys));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
