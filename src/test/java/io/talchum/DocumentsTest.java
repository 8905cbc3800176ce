package io.talchum;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Documents can be read, in any editor, and lead somewhere. */
class DocumentsTest {
  private static final int MAX_LINE = 400;
  private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s:]+)(#[^)]*)?\\)");

  @Test
  void noLineIsLong() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Path document : documents()) {
      List<String> lines = Files.readAllLines(document);
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).length() > MAX_LINE) {
          tooLong.add("%s:%d has %d".formatted(document, i + 1, lines.get(i).length()));
        }
      }
    }
    assertThat(tooLong).as("lines of more than %d characters", MAX_LINE).isEmpty();
  }

  @Test
  void everyLinkToAFileLeadsToOne() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : documents()) {
      Matcher link = LINK.matcher(Files.readString(document));
      while (link.find()) {
        if (!Files.exists(document.toAbsolutePath().getParent().resolve(link.group(1)))) {
          broken.add(document + ": " + link.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> top = Files.list(Path.of("."))) {
      top.filter(DocumentsTest::isDocument).map(Path::normalize).forEach(documents::add);
    }
    for (String folder : List.of("docs", "loadtests")) {
      try (Stream<Path> tree = Files.walk(Path.of(folder))) {
        tree.filter(DocumentsTest::isDocument).forEach(documents::add);
      }
    }
    assertThat(documents).hasSizeGreaterThan(20);
    return documents;
  }

  private static boolean isDocument(Path file) {
    return file.toString().endsWith(".md");
  }
}
