package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The lists of options in docs/adapters.md are those of the code. */
class AdapterDocsTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]*) \\|");
  private static final Pattern CODE = Pattern.compile("`([a-z_]+)`");

  @Test
  void optionsAreThoseOfTheCode() throws IOException {
    String page = Files.readString(Path.of("docs", "adapters.md"));
    String honoured = section(page, "### Honoured", "### Harmless");
    String harmless = section(page, "### Harmless", "### Refused");
    String refused = section(page, "### Refused", "## Names");

    assertThat(firstColumn(honoured)).isEqualTo(new TreeSet<>(PeftOptions.HONOURED));
    assertThat(codes(harmless)).isEqualTo(new TreeSet<>(PeftOptions.HARMLESS));
    assertThat(firstColumn(refused)).isEqualTo(new TreeSet<>(PeftOptions.REFUSED.keySet()));
  }

  private static String section(String page, String from, String to) {
    return page.substring(page.indexOf(from), page.indexOf(to));
  }

  private static Set<String> firstColumn(String section) {
    Set<String> found = new TreeSet<>();
    Matcher rows = ROW.matcher(section);
    while (rows.find()) {
      found.addAll(codes(rows.group(1)));
    }
    return found;
  }

  private static Set<String> codes(String text) {
    Set<String> found = new TreeSet<>();
    Matcher codes = CODE.matcher(text);
    while (codes.find()) {
      found.add(codes.group(1));
    }
    return found;
  }
}
