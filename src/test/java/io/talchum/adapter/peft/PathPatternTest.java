package io.talchum.adapter.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ServeException;
import io.talchum.testing.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPatternTest {
  private static final String PATH = "model.layers.10.self_attn.q_proj";

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        ".*q_proj true",
        "q_proj false",
        ".*\\.layers\\.(1|10)\\.self_attn\\.(q|v)_proj true",
        ".*\\.layers\\.1\\.self_attn\\.(q|v)_proj false",
        "model\\.layers\\.\\d{2}\\..* true",
        "model\\.layers\\.\\d{3,}\\..* false",
        "model\\.layers\\.[0-9]{1,2}\\.[^.]+\\.[qkv]_proj true",
        "^(?!.*mlp).*(?:q_proj|down_proj)$ true",
        "^(?!.*self_attn).*(?:q_proj|down_proj)$ false",
        "(?=.*attn).*proj\\Z true",
        "\\Amodel\\b.*\\bq_proj true",
        "(?P<head>model).*?_proj true",
        "m{1}odel.{,40} true",
        "MODEL.* false"
      })
  void matchesAsPythonDoes(String regex, boolean expected) {
    assertThat(whole(regex).matches(PATH)).isEqualTo(expected);
  }

  /**
   * Recorded from {@code re.fullmatch} of Python 3.11: a pattern and the texts it takes, by tabs.
   */
  @Test
  void takesWhatPythonTakes() throws IOException {
    List<String> lines = Files.readAllLines(Fixtures.path("patterns/python-fullmatch.tsv"));
    List<String> texts = fields(lines.getFirst());
    for (String line : lines.subList(1, lines.size())) {
      String regex = line.split("\t", 2)[0];
      PathPattern pattern = whole(regex);
      assertThat(texts.stream().filter(pattern::matches))
          .as(regex)
          .containsExactlyElementsOf(fields(line));
    }
    assertThat(lines).hasSizeGreaterThan(600);
  }

  /** What follows the first tab, cut at the others. */
  private static List<String> fields(String line) {
    int tab = line.indexOf('\t');
    return tab < 0 ? List.of() : List.of(line.substring(tab + 1).split("\t", -1));
  }

  @Test
  void endingsStandBehindADot() {
    WorkBudget budget = new WorkBudget();

    assertThat(PathPattern.ending("o", "q_proj", budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", "_proj", budget).matches(PATH)).isFalse();
    assertThat(PathPattern.ending("o", "attn.q_proj", budget).matches(PATH)).isFalse();
    assertThat(PathPattern.ending("o", "self_attn.q_proj", budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", "self_attn.q.proj", budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", PATH, budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", "^" + PATH, budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", "k_proj|q_proj", budget).matches(PATH)).isTrue();
    assertThat(PathPattern.ending("o", "layers.10.*", budget).matches(PATH)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "a)|(b",
        "[a",
        "*a",
        "a**",
        "a{2,1}",
        "\\",
        "(?i)a",
        "(a)\\1",
        "(?<=a)b",
        "(?>a)b",
        "a++",
        "a{99999}",
        "[z-a]",
        "(?<!a)b",
        "(?<name>a)",
        "(?P=name)",
        "(?P<name",
        "(?#a)",
        "(?-i:a)",
        "a?+",
        "a{1}+",
        "\\pL",
        "\\Q.\\E",
        "\\z",
        "\\G",
        "\\R",
        "\\h",
        "\\x41",
        "\\01",
        "[\\b]",
        "[a-\\d]",
        "((a{1000}){1000}){1000}",
        "(((){1000}){1000}){1000}"
      })
  void whatCannotBeReadIsRefusedByOption(String regex) {
    assertThatThrownBy(() -> whole(regex))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("target_modules");
  }

  @Test
  void deepAndLongExpressionsAreRefused() {
    assertThatThrownBy(() -> whole("(".repeat(4000) + "a" + ")".repeat(4000)))
        .isInstanceOf(ServeException.class);
    assertThatThrownBy(() -> whole("a".repeat(10_000))).isInstanceOf(ServeException.class);
  }

  /** The budget is steps, not time: the test ends because the matcher does. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(.*.*)*x(.*.*)*y$",
        "(a*)*b",
        "(a+)+$",
        "(.*)+(.*)+z",
        "(.|.)*(.|.)*z",
        "(?=(?=(?=(?=.*z|.*).*z|.*).*z|.*).*z|.*)(.*)*z"
      })
  void catastrophicExpressionsEnd(String regex) {
    assertThat(whole(regex).matches(PATH)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((.|.)*)*z",
        "(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)(|)z"
      })
  void whatIsExponentialIsRefused(String regex) {
    assertThatThrownBy(() -> assertThat(whole(regex).matches(PATH)).isFalse())
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("'" + regex + "', but it takes too many steps to match");
  }

  /** Dead ends that java.util.regex reaches without reading a character of the text itself. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "%s",
        ".*%sz",
        "a%s^",
        ".*%s\\A",
        ".*%s\\B.",
        "%s(?!)",
        "%s(?!a*)",
        ".*%s(?=z)",
        "%s$",
        "%s\\Z",
        ".*%s[^a]",
        ".*%s.",
        ".*%s\\W",
        ".*%s(?!)+"
      })
  void endlessAlternativesEndInTheBudget(String around) {
    String alternatives = "(|)".repeat(60);

    assertThatThrownBy(
            () -> assertThat(whole(around.formatted(alternatives)).matches("abc")).isFalse())
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("steps");
  }

  @Test
  void whatOverflowsTheStackIsRefused() {
    String regex = "(?:(?:a|b)?".repeat(40) + ")*".repeat(40);
    String path = "ab".repeat(100_000);

    assertThatThrownBy(() -> whole(regex).matches(path))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("target_modules");
  }

  @Test
  void budgetEndsWhatIsPolynomialButLarge() {
    PathPattern pattern = whole("(?!(.{0,300}.{0,300}.{0,300}.{0,300}.{0,300})*z)(.*){50}z");

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1_000_000; i++) {
                assertThat(pattern.matches(PATH + i)).isFalse();
              }
            })
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("steps");
  }

  /** Against the JDK's matcher on expressions too small to blow up. */
  @Test
  void agreesWithABacktrackingMatcher() {
    long seed = 4711;
    Random random = new Random(seed);
    int matches = 0;
    for (int i = 0; i < 20_000; i++) {
      String regex = expression(random, 3);
      String text = text(random);
      boolean expected = Pattern.compile(regex).matcher(text).matches();
      matches += expected ? 1 : 0;
      assertThat(whole(regex).matches(text))
          .as("seed %d: %s on '%s'", seed, regex, text)
          .isEqualTo(expected);
    }
    assertThat(matches).as("matches among the random cases").isGreaterThan(500);
  }

  private static String expression(Random random, int depth) {
    if (depth == 0) {
      String[] atoms = {"a", "b", ".", "[ab]", "[^a]", "\\.", "\\w", "\\W", "\\b", "(?:)"};
      return atoms[random.nextInt(atoms.length)];
    }
    String left = expression(random, depth - 1);
    String right = expression(random, depth - 1);
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> left + right;
      case 3 -> "(?:" + left + "|" + right + ")";
      case 4 -> "(" + left + ")*" + right;
      case 5 -> "(?:" + left + "){1,2}" + right;
      case 6 -> (random.nextBoolean() ? "(?=" : "(?!") + left + ")" + right;
      default -> "(?:" + left + ")?" + right + (random.nextBoolean() ? "$" : "");
    };
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append("ab.".charAt(random.nextInt(3)));
    }
    return text.toString();
  }

  private static PathPattern whole(String regex) {
    return PathPattern.whole("target_modules", regex, new WorkBudget());
  }
}
