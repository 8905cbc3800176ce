package io.talchum.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The JSON of a streamed {@code POST /v1/completions}: greedy, of a fixed length. */
final class CompletionBody {
  private static final ObjectMapper JSON = new ObjectMapper();

  private CompletionBody() {}

  static byte[] of(Target target, Call call) {
    Map<String, Object> body = new LinkedHashMap<>();
    boolean byModel = target.kind() == ServerKind.OPENAI;
    body.put(
        "model",
        byModel && call.adapter() >= 0 ? target.adapters().get(call.adapter()) : target.model());
    body.put("prompt", call.promptTokenIds());
    body.put("max_tokens", call.outputTokens());
    body.put("temperature", 0);
    body.put("ignore_eos", true);
    body.put("stream", true);
    if (byModel) {
      body.put("stream_options", Map.of("include_usage", true, "continuous_usage_stats", true));
    } else {
      body.put("stream_options", Map.of("include_usage", true));
      body.put("timings_per_token", true);
      body.put("cache_prompt", false);
      if (!target.adapters().isEmpty()) {
        body.put("lora", scales(target.adapters().size(), call.adapter()));
      }
    }
    try {
      return JSON.writeValueAsString(body).getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new ServeException(ErrorCode.INTERNAL, "a request could not be written: " + e, e);
    }
  }

  /** Every adapter by number: llama.cpp applies what a request does not switch off. */
  private static List<Map<String, Object>> scales(int adapters, int chosen) {
    List<Map<String, Object>> scales = new ArrayList<>();
    for (int id = 0; id < adapters; id++) {
      Map<String, Object> scale = new LinkedHashMap<>();
      scale.put("id", id);
      scale.put("scale", id == chosen ? 1.0 : 0.0);
      scales.add(scale);
    }
    return scales;
  }
}
