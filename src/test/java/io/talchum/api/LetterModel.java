package io.talchum.api;

import io.talchum.conditioning.GenerationDefaults;
import io.talchum.conditioning.PromptRenderer;
import io.talchum.conditioning.RenderedChat;
import io.talchum.conditioning.ServedModel;
import io.talchum.conditioning.TemplateRenderer;
import io.talchum.core.ChatMessage;
import io.talchum.core.ContentHash;
import io.talchum.core.TemplateOptions;
import io.talchum.testing.ZeroBase;
import io.talchum.text.ChatTemplate;
import io.talchum.text.ReasoningFormat;
import io.talchum.text.TemplateSet;
import io.talchum.wiring.OpenedExecutor;
import io.talchum.wiring.OpenedModel;
import io.talchum.wiring.TalchumConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * Puts {@link LetterExecutor} in the place of a model package; greedy unless a request says more.
 */
@Singleton
public class LetterModel {
  public static final String NAME = "letters";

  @Produces
  @Singleton
  @Alternative
  @Priority(1)
  OpenedModel model(TalchumConfig config, StepGate gate) {
    return opened(config.slots().orElse(8), config.context().orElse(512), gate);
  }

  public static OpenedModel opened(int slots, int contextTokens) {
    return opened(slots, contextTokens, new StepGate());
  }

  /** One whose steps a test lets through. */
  public static OpenedModel opened(int slots, int contextTokens, StepGate gate) {
    GenerationDefaults greedy = new GenerationDefaults(true, null, null, null, null, null, null);
    return opened(served(greedy, contextTokens), new LetterExecutor(slots, contextTokens, gate));
  }

  public static ServedModel served(GenerationDefaults defaults, int contextTokens) {
    ByteTokenizer tokenizer = new ByteTokenizer();
    return new ServedModel(
        NAME,
        new ContentHash("0123456789abcdef".repeat(4)),
        256,
        contextTokens,
        tokenizer,
        new Renderer(templates(), tokenizer, 2 * contextTokens),
        "{# letters #}",
        new ServedModel.SpecialTokens(-1, List.of(ByteTokenizer.EOS), -1),
        defaults,
        Instant.ofEpochSecond(1_700_000_000));
  }

  private static final String MESSAGES =
      """
      {%- for m in messages %}
      {{- m.role }}:{{ m.name ~ '/' if m.name }}{{ m.tool_call_id ~ '/' if m.tool_call_id }}
      {{- '(' ~ m.reasoning_content ~ ')' if m.reasoning_content }}
      {{- m.content }}
      {%- for call in m.tool_calls %}
        {{- call.id }}={{ call.function.name }}{{ call.function.arguments | tojson }}
      {%- endfor %}
      {{- '\\n' }}
      {%- endfor %}
      {%- if close is defined or note is defined %}{{ note }}{% endif %}
      {%- if add_generation_prompt %}{{ 'assistant:' }}{% endif %}""";

  private static TemplateSet templates() {
    InstantSource clock = InstantSource.fixed(Instant.EPOCH);
    return TemplateSet.of(
        Map.of(
            TemplateSet.DEFAULT,
            ChatTemplate.of(MESSAGES, Map.of(), clock),
            TemplateSet.TOOL_USE,
            ChatTemplate.of("{{ tools | tojson }}" + MESSAGES, Map.of(), clock),
            "rag",
            ChatTemplate.of("{{ documents | tojson }}" + MESSAGES, Map.of(), clock),
            "endless",
            ChatTemplate.of(
                "\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
                Map.of(), clock)));
  }

  /** The variable close makes its letter the mark that ends an opened thought. */
  private record Renderer(PromptRenderer templates) implements PromptRenderer {
    Renderer(TemplateSet templates, ByteTokenizer tokenizer, int contextTokens) {
      this(new TemplateRenderer(templates, tokenizer, contextTokens));
    }

    @Override
    public RenderedChat render(List<ChatMessage> messages, TemplateOptions options) {
      RenderedChat chat = templates.render(messages, options);
      return options.variables().get("close") instanceof String close
          ? new RenderedChat(
              chat.tokenIds(),
              new RenderedChat.Reasoning(ReasoningFormat.visible("<", close), true))
          : chat;
    }
  }

  private static OpenedModel opened(ServedModel served, LetterExecutor executor) {
    return new OpenedModel(
        served,
        new OpenedExecutor(executor, "exact", 0, 1 << 20, 32, 128),
        new ZeroBase(executor.spec()));
  }
}
