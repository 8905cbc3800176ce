package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of kinds and options in docs/adapters.md are those of the code. */
class AdapterDocsTest {
  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]*) \\|");
  private static final Pattern CODE = Pattern.compile("`([A-Za-z_0-9]+)`");

  private final String page = read();

  private static String read() {
    try {
      return Files.readString(Path.of("docs", "adapters.md"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void kindsAreThoseOfTheCode() {
    assertThat(firstColumn(section("### Read from PEFT folders", "### ")))
        .isEqualTo(new TreeSet<>(PeftKinds.READ.keySet()));
    assertThat(firstColumn(section("### Refused kinds", "## ")))
        .isEqualTo(new TreeSet<>(PeftKinds.REFUSED.keySet()));
  }

  @Test
  void optionsOfAllKindsAreThoseOfTheCode() {
    String common = section("### Of all kinds", "### ");
    assertThat(firstColumn(common)).isEqualTo(new TreeSet<>(CommonOptions.HONOURED));
    assertThat(codes(common.substring(common.indexOf("Harmless:"))))
        .isEqualTo(new TreeSet<>(CommonOptions.HARMLESS));
    assertThat(firstColumn(section("### Of all kinds that change modules", "### ")))
        .isEqualTo(new TreeSet<>(CommonOptions.MODULES));
  }

  @Test
  void optionsOfLoraAreThoseOfTheCode() {
    KindOptions options = new LoraKind().options();
    assertThat(firstColumn(section("### Of LORA, honoured", "### ")))
        .isEqualTo(own(options.honoured()));
    assertThat(codes(section("### Of LORA, harmless", "### ")))
        .isEqualTo(new TreeSet<>(options.harmless()));
    assertThat(firstColumn(section("### Of LORA, refused unless switched off", "### ")))
        .isEqualTo(new TreeSet<>(options.refused().keySet()));
  }

  @Test
  void optionsOfTheOtherKindsAreThoseOfTheCode() {
    Map<String, String> expected = new TreeMap<>();
    PeftKinds.READ.forEach(
        (type, kind) -> {
          if (!type.equals("LORA")) {
            expected.put(type, row(kind.options()));
          }
        });
    Map<String, String> written = new TreeMap<>();
    for (String line : section("### Of the other kinds", "## ").split("\n", -1)) {
      if (line.startsWith("| `")) {
        String[] cells = line.split("\\|", -1);
        written.put(cells[1].replaceAll("[` ]", ""), codes(cells[2]) + " / " + codes(cells[3]));
      }
    }
    assertThat(written).isEqualTo(expected);
  }

  private static String row(KindOptions options) {
    return own(options.honoured()) + " / " + new TreeSet<>(options.harmless());
  }

  /** Without those that many kinds share. */
  private static Set<String> own(Collection<String> honoured) {
    Set<String> own = new TreeSet<>(honoured);
    own.removeAll(CommonOptions.MODULES);
    own.removeAll(CommonOptions.PROMPTS);
    return own;
  }

  private String section(String from, String nextHeading) {
    int start = page.indexOf(from + "\n");
    assertThat(start).as(from).isNotNegative();
    int end = page.indexOf("\n" + nextHeading, start + from.length());
    return page.substring(start, end < 0 ? page.length() : end);
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
