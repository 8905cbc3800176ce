package io.talchum.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.text.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The corpus of published chat templates, against jinja2's own output. */
@Tag("shared")
class SharedTemplatesTest {
  private static final Path FOLDER = Fixtures.shared("fixtures/chat_templates");

  @Test
  void everyCaseIsEqual() {
    List<JsonNode> cases =
        Fixtures.lines(FOLDER.resolve("cases.jsonl")).stream()
            .filter(c -> c.path("mode").asText().equals("render"))
            .toList();
    assertThat(cases).hasSizeGreaterThan(900);
    assertThat(GoldenCases.differences(cases, SharedTemplatesTest::template)).isEmpty();
  }

  static String template(JsonNode one) {
    if (one.has("template")) {
      return one.path("template").asText();
    }
    try {
      return Files.readString(FOLDER.resolve(one.path("template_file").asText()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
