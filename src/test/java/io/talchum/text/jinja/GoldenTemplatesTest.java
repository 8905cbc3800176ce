package io.talchum.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.text.Fixtures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Our own templates against jinja2's recorded output. */
class GoldenTemplatesTest {
  private static final Path FOLDER = Fixtures.own("chat_templates");

  @Test
  void languageCasesAreEqual() {
    List<JsonNode> cases = Fixtures.lines(Fixtures.own("jinja/cases.jsonl"));
    assertThat(cases).hasSizeGreaterThan(250);
    assertThat(GoldenCases.differences(cases, one -> one.path("template").asText())).isEmpty();
  }

  @Test
  void chatTemplatesAreEqual() {
    List<JsonNode> cases =
        Fixtures.lines(FOLDER.resolve("cases.jsonl")).stream()
            .filter(c -> c.path("mode").asText().equals("render"))
            .toList();
    assertThat(cases).hasSizeGreaterThan(300);
    assertThat(GoldenCases.differences(cases, GoldenTemplatesTest::template)).isEmpty();
  }

  private static String template(JsonNode one) {
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
