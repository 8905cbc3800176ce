package io.talchum.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.text.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Templates that try to run forever, to fill the memory or to reach out of the sandbox. */
@Tag("shared")
class HostileTemplatesTest {
  private static final String SHOWN = "shown: ";
  private static final String STEPS = "refused: the template does more than 4000000 steps";
  private static final String MEMORY = "characters exceeds the limit of 16777216";
  private static final String UNSAFE =
      "refused: access to attribute '__init__' of 'type' object is unsafe";

  /** What each must lead to: the reason of its refusal, or the text that it may show. */
  private static final Map<String, String> EXPECTED =
      Map.ofEntries(
          Map.entry("deep_if", "refused: blocks are nested deeper than 100 levels"),
          Map.entry("deep_parens", "refused: expressions are nested deeper than 150 levels"),
          Map.entry("escape_attr_filter", SHOWN),
          Map.entry("escape_dunder_class", SHOWN),
          Map.entry("escape_dunder_item", SHOWN),
          Map.entry("escape_globals", UNSAFE),
          Map.entry("escape_import", "refused: no loader for this environment specified"),
          Map.entry("escape_include", "refused: no loader for this environment specified"),
          Map.entry("escape_java_class", "refused: 'list object' has no attribute 'getClass'"),
          Map.entry("escape_java_class2", "refused: 'str object' has no attribute 'getClass'"),
          Map.entry("escape_namespace_init", UNSAFE),
          Map.entry("format_width", "refused: the operator % on text is not served"),
          Map.entry("indent_flood", MEMORY),
          Map.entry("list_multiply", STEPS),
          Map.entry("ljust", MEMORY),
          Map.entry("macro_recursion", "refused: recursion or nesting deeper than 500 levels"),
          Map.entry("nested_range", STEPS),
          Map.entry("not_utf8_surrogate", "refused: malformed UTF-8"),
          Map.entry("power_string", "refused: Exceeds the limit (4300 digits)"),
          Map.entry("power_tower", SHOWN + "19662705047555291361807590852691211628310345"),
          Map.entry("range_1e9", "refused: Range too big"),
          Map.entry("replace_flood", MEMORY),
          Map.entry("string_multiply", MEMORY),
          Map.entry("syntax_error", "refused: unexpected '}' line 1"),
          Map.entry("tojson_cycle", STEPS),
          Map.entry("wordwrap_regex", "refused: the filter 'wordwrap' is not served"));

  @Test
  void eachIsRefusedForItsReasonOrBounded() throws IOException {
    Path hostile = Fixtures.shared("fixtures/hostile");
    List<String> wrong = new ArrayList<>();
    int checked = 0;
    for (JsonNode entry : Fixtures.json(hostile.resolve("manifest.json")).path("cases")) {
      if (!entry.path("kind").asText().equals("chat_template")) {
        continue;
      }
      checked++;
      Path file = hostile.resolve(entry.path("path").asText());
      String name = file.getFileName().toString().replace(".jinja", "");
      String result = run(file);
      if (!isExpected(result, EXPECTED.getOrDefault(name, "no such case"))) {
        wrong.add(name + ": " + result);
      }
    }
    assertThat(checked).isEqualTo(EXPECTED.size()).isEqualTo(26);
    assertThat(wrong).isEmpty();
  }

  private static String run(Path file) throws IOException {
    try {
      Template template = Template.compile(Files.readString(file));
      return SHOWN
          + template
              .render(
                  Map.of("messages", List.of(Map.of("role", "user", "content", "x"))),
                  Set.of(),
                  GoldenCases.NOW)
              .string();
    } catch (TemplateException e) {
      return "refused: " + e.reason() + " line " + e.line();
    } catch (java.nio.charset.MalformedInputException e) {
      return "refused: malformed UTF-8";
    }
  }

  private static boolean isExpected(String result, String expected) {
    return expected.equals(SHOWN) ? result.equals(SHOWN) : result.contains(expected);
  }
}
