package io.talchum.text.jinja;

import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A compiled template: immutable, for any thread. */
public final class Template {
  private final List<Statement> body;

  private final Set<String> names;

  private Template(List<Statement> body) {
    this.body = body;
    this.names = Set.copyOf(NamesUsed.of(body));
  }

  /** Names of all variables that the template reads anywhere. */
  public Set<String> names() {
    return names;
  }

  /**
   * Compiles a template.
   *
   * @throws TemplateException with the line of what is wrong
   */
  public static Template compile(String source) {
    return new Template(StatementParser.parse(source));
  }

  /**
   * Renders the template.
   *
   * @param context null, String, Boolean, Number, List and Map (of String) only
   * @param trusted names of variables whose text counts as the template's own
   * @param now what strftime_now sees
   * @throws TemplateException with reason and line
   */
  public Text render(Map<String, ?> context, Set<String> trusted, ZonedDateTime now) {
    Map<String, Value> variables = new HashMap<>();
    context.forEach(
        (name, value) -> variables.put(name, FromJava.value(value, trusted.contains(name))));
    Interpreter interpreter = new Interpreter(new Budget(), now);
    VariableScope scope = new VariableScope(variables);
    return new Renderer(interpreter, scope).render(body, scope);
  }
}
