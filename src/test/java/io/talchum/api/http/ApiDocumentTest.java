package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/api.md says what the code does. */
class ApiDocumentTest {
  @Test
  void namesEveryFieldOfEveryRoute() throws IOException {
    // Long lists go on in further lines.
    String document = Files.readString(Path.of("docs", "api.md")).replace("\n  ", " ");
    RequestFields.byRoute()
        .forEach(
            (route, table) -> {
              String section = section(document, "## POST " + route);
              for (RequestField.Treatment treatment : RequestField.Treatment.values()) {
                assertThat(section).as(route).contains(line(table, treatment));
              }
            });
  }

  @Test
  void namesEveryError() throws IOException {
    String document = Files.readString(Path.of("docs", "api.md"));
    for (ErrorCode code : ErrorCode.values()) {
      StatusTable.Row row = StatusTable.of(code);
      assertThat(document)
          .contains(
              "\n| `%s` | %d | `%s` | `%s` | "
                  .formatted(code, row.status(), row.type(), row.code()));
    }
  }

  private static String section(String document, String heading) {
    assertThat(document).contains(heading + "\n");
    String rest = document.substring(document.indexOf(heading + "\n") + heading.length());
    int end = rest.indexOf("\n## ");
    return end < 0 ? rest : rest.substring(0, end);
  }

  private static String line(FieldTable table, RequestField.Treatment treatment) {
    String names =
        table.fields().stream()
            .filter(field -> field.treatment() == treatment)
            .map(field -> "`" + field.name() + "`")
            .collect(Collectors.joining(", "));
    String label =
        switch (treatment) {
          case HONOURED -> "Honoured";
          case ACCEPTED -> "Accepted without effect";
          case REFUSED -> "Refused";
        };
    return "- %s: %s\n".formatted(label, names.isEmpty() ? "none" : names);
  }
}
