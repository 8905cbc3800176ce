package io.talchum.text;

import io.talchum.core.ServeException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A model's chat templates by name; most models have one. Immutable, any thread. */
public final class TemplateSet {
  /** The template that is used where nothing else is said. */
  public static final String DEFAULT = "default";

  /** The template for requests with tools, where a model has one. */
  public static final String TOOL_USE = "tool_use";

  private final Map<String, ChatTemplate> byName;

  private TemplateSet(Map<String, ChatTemplate> byName) {
    this.byName = new TreeMap<>(byName);
  }

  /** One template, which is the default. */
  public static TemplateSet of(ChatTemplate template) {
    return new TemplateSet(Map.of(DEFAULT, template));
  }

  /** Named templates; without one named default, requests must name theirs. */
  public static TemplateSet of(Map<String, ChatTemplate> byName) {
    return byName.isEmpty() ? of(ChatTemplate.absent()) : new TemplateSet(byName);
  }

  /** All templates by name. */
  public Map<String, ChatTemplate> byName() {
    return Map.copyOf(byName);
  }

  /**
   * The template of a request, as transformers' get_chat_template chooses it.
   *
   * @param name null where the request names none
   * @throws ServeException INVALID_REQUEST with the known names
   */
  public ChatTemplate choose(@Nullable String name, boolean hasTools) {
    if (name != null) {
      return find(name, "this model has no chat template of that name");
    }
    if (hasTools && byName.containsKey(TOOL_USE)) {
      return find(TOOL_USE, "");
    }
    return find(DEFAULT, "this model has no default among its chat templates");
  }

  private ChatTemplate find(String name, String otherwise) {
    ChatTemplate found = byName.get(name);
    if (found == null) {
      throw ServeException.invalid(
          "chat_template",
          "chat_template: %s; choose one of %s".formatted(otherwise, byName.keySet()));
    }
    return found;
  }
}
