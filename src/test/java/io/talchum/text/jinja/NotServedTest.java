package io.talchum.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Parts of jinja2 that no published chat template uses are refused by their names. */
class NotServedTest {
  static Stream<String> filters() {
    return Filters.NOT_SERVED.stream().sorted();
  }

  static Stream<String> methods() {
    return StringMethods.NOT_SERVED.stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("filters")
  void filters(String name) {
    assertThatThrownBy(() -> render("{{ 'a'|" + name + " }}"))
        .isInstanceOf(TemplateException.class)
        .hasMessage("the filter '" + name + "' is not served");
    assertThatThrownBy(() -> render("{{ ['a']|map('" + name + "')|list }}"))
        .hasMessage("the filter '" + name + "' is not served");
    assertThat(render("{{ '" + name + "' is filter }}")).isEqualTo("False");
  }

  @ParameterizedTest
  @MethodSource("methods")
  void methodsOfText(String name) {
    assertThatThrownBy(() -> render("{{ '{}'." + name + "('a') }}"))
        .isInstanceOf(TemplateException.class)
        .hasMessage("str." + name + "() is not served");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '=',
      value = {
        "{{ '%s' % 1 }}=the operator % on text is not served",
        "{{ lipsum() }}=lipsum() is not served"
      })
  void theRest(String template, String message) {
    assertThatThrownBy(() -> render(template)).hasMessage(message);
  }

  /** A branch that is not taken may hold them. */
  @Test
  void onlyWhatRunsIsRefused() {
    assertThat(render("{% if false %}{{ 'a'|wordwrap }}{% endif %}b")).isEqualTo("b");
  }

  private static String render(String template) {
    return Template.compile(template).render(Map.of(), Set.of(), GoldenCases.NOW).string();
  }
}
