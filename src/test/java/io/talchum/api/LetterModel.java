package io.talchum.api;

import io.talchum.conditioning.GenerationDefaults;
import io.talchum.conditioning.PromptRenderer;
import io.talchum.conditioning.ServedModel;
import io.talchum.core.ChatMessage;
import io.talchum.core.ContentHash;
import io.talchum.core.TemplateOptions;
import io.talchum.wiring.OpenedModel;
import io.talchum.wiring.TalchumConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;

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
  OpenedModel model(TalchumConfig config) {
    ByteTokenizer tokenizer = new ByteTokenizer();
    int context = config.context().orElse(512);
    ServedModel served =
        new ServedModel(
            NAME,
            new ContentHash("0123456789abcdef".repeat(4)),
            256,
            context,
            tokenizer,
            new Renderer(tokenizer),
            "{# letters #}",
            new ServedModel.SpecialTokens(-1, List.of(ByteTokenizer.EOS), -1),
            new GenerationDefaults(true, null, null, null, null, null),
            Instant.ofEpochSecond(1_700_000_000));
    return new OpenedModel(served, new LetterExecutor(config.slots(), context));
  }

  private record Renderer(ByteTokenizer tokenizer) implements PromptRenderer {
    @Override
    public int[] render(List<ChatMessage> messages, TemplateOptions options) {
      StringBuilder text = new StringBuilder();
      for (ChatMessage message : messages) {
        text.append(message.role().wireName()).append(':').append(message.content()).append('\n');
      }
      return tokenizer.encode(
          options.addGenerationPrompt() ? text + "assistant:" : text.toString(), false, true);
    }
  }
}
