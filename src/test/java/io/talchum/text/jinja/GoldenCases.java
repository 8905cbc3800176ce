package io.talchum.text.jinja;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Runs recorded renderings of jinja2 and tells which come out differently. */
public final class GoldenCases {
  /** What the recorders fix strftime_now to. */
  static final ZonedDateTime NOW = LocalDateTime.of(2025, 7, 10, 12, 34, 56).atZone(ZoneOffset.UTC);

  /** Recorded cases whose templates use a part of jinja2 that is refused by name. */
  private static final Map<String, String> NOT_SERVED =
      Map.ofEntries(
          Map.entry("micro|filter_19", "the filter 'groupby'"),
          Map.entry("micro|filter_22", "the filter 'striptags'"),
          Map.entry("micro|filter_23", "the filter 'urlencode'"),
          Map.entry("micro|filter_25", "the filter 'center'"),
          Map.entry("micro|filter_26", "the filter 'filesizeformat'"),
          Map.entry("micro|filter_27", "the filter 'xmlattr'"),
          Map.entry("micro|method_6", "str.format()"),
          Map.entry("micro|error_22", "str.format()"));

  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenCases() {}

  /** One line for each case that differs. */
  public static List<String> differences(
      List<JsonNode> cases, Function<JsonNode, String> template) {
    List<String> differences = new ArrayList<>();
    for (JsonNode one : cases) {
      String difference = difference(one, template.apply(one));
      if (!difference.isEmpty()) {
        differences.add(name(one) + ": " + difference);
      }
    }
    return differences;
  }

  private static String name(JsonNode one) {
    return one.path("name").asText();
  }

  private static String difference(JsonNode one, String template) {
    Map<String, Object> context =
        JSON.convertValue(one.path("context"), new TypeReference<Map<String, Object>>() {});
    JsonNode error = one.path("error");
    try {
      String text = Template.compile(template).render(context, Set.of(), NOW).string();
      if (!error.isMissingNode() || NOT_SERVED.containsKey(name(one))) {
        return "rendered " + text + "\n    instead of " + error;
      }
      String expected = one.path("expected").asText();
      return text.equals(expected) ? "" : "\n    got      " + text + "\n    expected " + expected;
    } catch (TemplateException e) {
      String refused = NOT_SERVED.get(name(one));
      if (refused != null) {
        return e.reason().equals(refused + " is not served") ? "" : "refused by " + e.reason();
      }
      String kind = e.kind().pythonName();
      boolean same =
          kind.equals(
                  error.path("kind").asText().replaceFirst("^SyntaxError$", "TemplateSyntaxError"))
              && (e.kind() != ErrorKind.TEMPLATE_ERROR
                  || e.reason().equals(error.path("message").asText()));
      return same
          ? ""
          : "raised "
              + kind
              + " "
              + e.reason()
              + " (line "
              + e.line()
              + ") instead of "
              + one.path("error")
              + one.path("expected");
    }
  }
}
