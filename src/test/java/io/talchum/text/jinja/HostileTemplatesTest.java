package io.talchum.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.text.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Templates that try to run forever, to fill the memory or to reach out of the sandbox. */
@Tag("shared")
class HostileTemplatesTest {
  @Test
  void eachIsRefusedOrBounded() throws IOException {
    Path hostile = Fixtures.shared("fixtures/hostile");
    List<String> wrong = new ArrayList<>();
    int checked = 0;
    for (JsonNode entry : Fixtures.json(hostile.resolve("manifest.json")).path("cases")) {
      if (!entry.path("kind").asText().equals("chat_template")) {
        continue;
      }
      checked++;
      String result = run(hostile.resolve(entry.path("path").asText()));
      if (!isAllowed(result, entry.path("must"))) {
        wrong.add(entry.path("path").asText() + ": " + result);
      }
    }
    assertThat(checked).isEqualTo(26);
    assertThat(wrong).isEmpty();
  }

  private static String run(Path file) throws IOException {
    try {
      Template template = Template.compile(Files.readString(file));
      return template
          .render(
              Map.of("messages", List.of(Map.of("role", "user", "content", "x"))),
              Set.of(),
              GoldenCases.NOW)
          .string();
    } catch (TemplateException e) {
      return "refused: " + e.reason() + " line " + e.line();
    } catch (java.nio.charset.MalformedInputException e) {
      return "refused: malformed UTF-8 line 1";
    }
  }

  private static boolean isAllowed(String result, JsonNode must) {
    if (must.path("action").asText().equals("refuse")) {
      List<String> names = new ArrayList<>();
      must.path("names").forEach(n -> names.add(n.asText()));
      return result.startsWith("refused: ")
          && names.stream().anyMatch(result.toLowerCase(Locale.ROOT)::contains);
    }
    List<String> forbidden = new ArrayList<>();
    must.path("forbidden").forEach(n -> forbidden.add(n.asText()));
    return result.startsWith("refused: ") || forbidden.stream().noneMatch(result::contains);
  }
}
