package io.talchum.text.jinja;

import io.talchum.text.jinja.Statement.Signature;
import io.talchum.text.jinja.Value.BoolValue;
import io.talchum.text.jinja.Value.DictValue;
import io.talchum.text.jinja.Value.NoneValue;
import io.talchum.text.jinja.Value.TupleValue;
import io.talchum.text.jinja.Value.Undefined;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A macro, or the body of a call block. */
final class MacroValue implements Value.ObjectValue {
  private final Renderer renderer;
  private final String name;
  private final Signature signature;
  private final List<Statement> body;
  private final VariableScope definedIn;
  private final Set<String> extras;

  MacroValue(
      Renderer renderer,
      String name,
      Signature signature,
      List<Statement> body,
      VariableScope definedIn) {
    this.renderer = renderer;
    this.name = name;
    this.signature = signature;
    this.body = body;
    this.definedIn = definedIn;
    this.extras = NamesUsed.of(body);
  }

  @Override
  public String typeName() {
    return "Macro";
  }

  @Override
  public String repr() {
    return "<Macro '" + name + "'>";
  }

  @Override
  public @Nullable Value attribute(String attribute) {
    return switch (attribute) {
      case "name" -> Text.template(name);
      case "arguments" ->
          new TupleValue(
              signature.parameters().stream().map(p -> (Value) Text.template(p)).toList());
      case "catch_kwargs" -> BoolValue.of(extras.contains("kwargs"));
      case "catch_varargs" -> BoolValue.of(extras.contains("varargs"));
      case "caller" -> BoolValue.of(extras.contains("caller"));
      default -> null;
    };
  }

  @Override
  public Value call(Interpreter interpreter, Args args) {
    VariableScope scope = new VariableScope(definedIn);
    List<String> parameters = signature.parameters();
    Map<String, Value> keywords = new LinkedHashMap<>(args.keywords());
    Value caller = parameters.contains("caller") ? null : keywords.remove("caller");
    bind(scope, args.positional(), keywords);
    takeCaller(scope, caller);
    takeRest(scope, args.positional(), keywords);
    return renderer.render(body, scope);
  }

  private void bind(VariableScope scope, List<Value> positional, Map<String, Value> keywords) {
    List<String> parameters = signature.parameters();
    Set<String> repeated = new HashSet<>();
    int firstDefault = parameters.size() - signature.defaults().size();
    for (int i = 0; i < parameters.size(); i++) {
      String parameter = parameters.get(i);
      Value given = i < positional.size() ? positional.get(i) : keywords.remove(parameter);
      if (i < positional.size() && keywords.containsKey(parameter)) {
        repeated.add(parameter);
      }
      if (given == null && i >= firstDefault) {
        given = renderer.defaultOf(signature.defaults().get(i - firstDefault), scope);
      }
      scope.set(
          parameter,
          given != null
              ? given
              : new Undefined(
                  ErrorKind.UNDEFINED, "parameter '" + parameter + "' was not provided"));
    }
    if (!repeated.isEmpty() && !extras.contains("kwargs")) {
      throw TemplateException.type(
          "macro '"
              + name
              + "' got multiple values for argument '"
              + repeated.iterator().next()
              + "'");
    }
  }

  private void takeCaller(VariableScope scope, @Nullable Value caller) {
    if (extras.contains("caller") && !signature.parameters().contains("caller")) {
      scope.set(
          "caller",
          caller != null ? caller : new Undefined(ErrorKind.UNDEFINED, "No caller defined"));
    } else if (caller != null && !(caller instanceof NoneValue) && !extras.contains("kwargs")) {
      throw TemplateException.type(
          "macro '"
              + name
              + "' was invoked with two values for the special caller argument. This is most likely"
              + " a bug.");
    }
  }

  private void takeRest(VariableScope scope, List<Value> positional, Map<String, Value> keywords) {
    int taken = Math.min(signature.parameters().size(), positional.size());
    if (extras.contains("kwargs")) {
      DictValue rest = new DictValue();
      keywords.forEach((key, value) -> rest.entries().put(DictKey.of(key), value));
      scope.set("kwargs", rest);
    } else if (!keywords.isEmpty()) {
      throw TemplateException.type(
          "macro '%s' takes no keyword argument '%s'"
              .formatted(name, keywords.keySet().iterator().next()));
    }
    if (extras.contains("varargs")) {
      scope.set(
          "varargs", new TupleValue(new ArrayList<>(positional.subList(taken, positional.size()))));
    } else if (positional.size() > taken) {
      throw TemplateException.type(
          "macro '%s' takes not more than %d argument(s)"
              .formatted(name, signature.parameters().size()));
    }
  }
}
