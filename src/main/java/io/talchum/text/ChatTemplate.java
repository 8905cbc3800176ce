package io.talchum.text;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.text.jinja.ErrorKind;
import io.talchum.text.jinja.Template;
import io.talchum.text.jinja.TemplateException;
import io.talchum.text.jinja.Text;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a conversation into the model's prompt. Immutable, any thread. */
public final class ChatTemplate {
  private static final Set<String> OWN_VARIABLES =
      Set.of("messages", "tools", "documents", "add_generation_prompt");

  private final @Nullable Template template;
  private final String source;
  private final Map<String, String> specialTokens;
  private final InstantSource clock;

  private ChatTemplate(
      @Nullable Template template,
      String source,
      Map<String, String> specialTokens,
      InstantSource clock) {
    this.template = template;
    this.source = source;
    this.specialTokens = Map.copyOf(specialTokens);
    this.clock = clock;
  }

  /**
   * Compiles a model's template.
   *
   * @param specialTokens texts by name, such as bos_token and eos_token, as tokenizer_config.json
   *     has them; what they print counts as written by the template
   * @param clock what strftime_now reads, in the zone of this machine
   * @throws ServeException INVALID_MODEL with line and reason
   */
  public static ChatTemplate of(
      String source, Map<String, String> specialTokens, InstantSource clock) {
    try {
      return new ChatTemplate(Template.compile(source), source, specialTokens, clock);
    } catch (TemplateException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "the chat template is wrong in line " + e.line() + ": " + e.reason(),
          e);
    }
  }

  /** For a model without a template: every rendering is refused. */
  public static ChatTemplate absent() {
    return new ChatTemplate(null, "", Map.of(), InstantSource.fixed(Instant.EPOCH));
  }

  public boolean isPresent() {
    return template != null;
  }

  /** The template as its author wrote it; empty if there is none. */
  public String source() {
    return source;
  }

  /**
   * Renders a conversation.
   *
   * @param messages plain data: String, Number, Boolean, List, Map and null
   * @throws ServeException INVALID_REQUEST naming the field at fault
   */
  public List<PromptSegment> render(
      List<? extends Map<String, ?>> messages, ChatTemplateOptions options) {
    if (template == null) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          "messages",
          "this model has no chat template; send a finished prompt to /v1/completions instead");
    }
    checkArguments(template, options);
    if (!options.continueFinalMessage()) {
      return segments(rendered(template, messages, options));
    }
    if (options.addGenerationPrompt()) {
      throw ServeException.invalid(
          "continue_final_message",
          "continue_final_message and add_generation_prompt exclude each other; set one of them to"
              + " false");
    }
    ContinuedMessage continued = ContinuedMessage.of(messages);
    return segments(continued.cut(rendered(template, continued.messages(), options)));
  }

  private void checkArguments(Template compiled, ChatTemplateOptions options) {
    checkRead(compiled, "tools", options.tools());
    checkRead(compiled, "documents", options.documents());
    for (String name : options.templateArguments().keySet()) {
      if (OWN_VARIABLES.contains(name) || specialTokens.containsKey(name)) {
        throw ServeException.invalid(
            "chat_template_kwargs", "chat_template_kwargs may not set '" + name + "'; remove it");
      }
      if (!compiled.names().contains(name)) {
        throw ServeException.invalid(
            "chat_template_kwargs",
            "chat_template_kwargs sets '"
                + name
                + "', which this model's chat template does not read; remove it");
      }
    }
  }

  private static void checkRead(Template compiled, String name, @Nullable Object value) {
    if (value != null && !compiled.names().contains(name)) {
      throw ServeException.of(
          ErrorCode.UNSUPPORTED,
          name,
          "this model's chat template does not read " + name + "; leave them out");
    }
  }

  private Text rendered(
      Template compiled, List<? extends Map<String, ?>> messages, ChatTemplateOptions options) {
    Map<String, @Nullable Object> context = new HashMap<>(options.templateArguments());
    context.put("messages", messages);
    context.put("tools", options.tools());
    context.put("documents", options.documents());
    context.put("add_generation_prompt", options.addGenerationPrompt());
    context.putAll(specialTokens);
    try {
      return compiled.render(
          context, specialTokens.keySet(), clock.instant().atZone(ZoneId.systemDefault()));
    } catch (TemplateException e) {
      throw refusal(e);
    }
  }

  private static ServeException refusal(TemplateException e) {
    String reason =
        e.kind() == ErrorKind.TEMPLATE_ERROR
            ? e.reason()
            : e.kind().pythonName() + ": " + e.reason();
    return ServeException.invalid(
        "messages",
        "the model's chat template cannot render these messages: %s (template line %d)"
            .formatted(reason, e.line()));
  }

  private static List<PromptSegment> segments(Text text) {
    List<PromptSegment> segments = new ArrayList<>();
    String string = text.string();
    for (int at = 0; at < string.length(); ) {
      int end = text.runEnd(at);
      segments.add(new PromptSegment(string.substring(at, end), text.isTemplateAt(at)));
      at = end;
    }
    return List.copyOf(segments);
  }
}
