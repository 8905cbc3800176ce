package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.talchum.api.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Joins the chunks of a chat stream. */
final class StreamedAnswer {
  private final StringBuilder[] texts;
  private final StringBuilder[] thoughts;
  private final @Nullable String[] reasons;
  private String base = "";
  private String adapter = "";
  private JsonNode usage = MissingNode.getInstance();

  StreamedAnswer(int choices) {
    texts = new StringBuilder[choices];
    thoughts = new StringBuilder[choices];
    reasons = new @Nullable String[choices];
    for (int i = 0; i < choices; i++) {
      texts[i] = new StringBuilder();
      thoughts[i] = new StringBuilder();
    }
  }

  void add(JsonNode chunk) {
    if (chunk.has("talchum")) {
      base = chunk.path("talchum").path("base").asText();
      adapter = HttpTransport.adapter(chunk.path("talchum"));
    }
    for (JsonNode choice : chunk.path("choices")) {
      int index = choice.path("index").intValue();
      texts[index].append(choice.path("delta").path("content").asText(""));
      thoughts[index].append(choice.path("delta").path("reasoning_content").asText(""));
      if (!choice.path("finish_reason").isNull()) {
        if (reasons[index] != null) {
          throw new AssertionError("choice " + index + " ended twice");
        }
        reasons[index] = choice.path("finish_reason").asText();
      }
    }
    if (chunk.path("usage").isObject()) {
      usage = chunk.path("usage");
    }
  }

  Transport.Answer build() {
    List<Transport.Choice> choices =
        new ArrayList<>(
            IntStream.range(0, texts.length)
                .mapToObj(
                    i ->
                        new Transport.Choice(
                            texts[i].toString(),
                            thoughts[i].toString(),
                            String.valueOf(reasons[i]),
                            List.of()))
                .toList());
    return new Transport.Answer(
        base,
        adapter,
        choices,
        usage.path("prompt_tokens").intValue(),
        usage.path("completion_tokens").intValue(),
        HttpTransport.reasoningTokens(usage),
        HttpTransport.cachedTokens(usage));
  }
}
