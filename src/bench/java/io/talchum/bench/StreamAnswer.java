package io.talchum.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads the timing of a streamed completion out of what came over the connection. */
final class StreamAnswer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SHOWN_CHARACTERS = 300;

  private StreamAnswer() {}

  /** A piece of the stream; 0 tokens where the server does not say how many there are so far. */
  private record Piece(long nanos, int tokens) {}

  /**
   * The timing.
   *
   * @throws ServeException INTERNAL if the server refused, failed, or generated another number of
   *     tokens than asked
   */
  static RequestTiming read(Recording recording, Call call) {
    try {
      return parse(recording, call);
    } catch (IOException e) {
      throw failed("sent what is no streamed answer: " + e.getMessage());
    }
  }

  private static RequestTiming parse(Recording recording, Call call) throws IOException {
    ReplyParser reply = new ReplyParser();
    SseParser events = new SseParser();
    StringBuilder text = new StringBuilder();
    List<Piece> pieces = new ArrayList<>();
    int prompt = 0;
    int total = 0;
    for (Recording.Read read : recording.reads()) {
      byte[] body = reply.feed(read.bytes());
      if (reply.status() != 200) {
        text.append(ReplyParser.textOf(body));
        continue;
      }
      for (String data : events.feed(body)) {
        if (data.equals("[DONE]")) {
          continue;
        }
        JsonNode event = JSON.readTree(data);
        refuseErrors(event, data);
        prompt = Math.max(prompt, event.path("usage").path("prompt_tokens").intValue());
        total = Math.max(total, tokensSoFar(event));
        if (carriesTokens(event)) {
          pieces.add(new Piece(read.nanos(), tokensSoFar(event)));
        }
      }
    }
    if (reply.status() != 200) {
      throw failed("answered %d: %s".formatted(reply.status(), shortened(text.toString())));
    }
    check(pieces, total, call);
    long end = recording.reads().getLast().nanos();
    int promptTokens = prompt == 0 ? call.promptTokenIds().size() : prompt;
    return new RequestTiming(recording.sentNanos(), arrivals(pieces, total), end, promptTokens);
  }

  private static void refuseErrors(JsonNode event, String data) {
    if (event.hasNonNull("error") || event.hasNonNull("code")) {
      throw failed("broke off with " + shortened(data));
    }
  }

  private static void check(List<Piece> pieces, int total, Call call) {
    if (pieces.isEmpty()) {
      throw failed("sent no tokens");
    }
    if (total != call.outputTokens()) {
      throw failed(
          "generated %d tokens instead of %d; does it honour ignore_eos and report usage?"
              .formatted(total, call.outputTokens()));
    }
  }

  /** By OpenAI's usage or llama.cpp's timings. */
  private static int tokensSoFar(JsonNode event) {
    int usage = event.path("usage").path("completion_tokens").intValue();
    int predicted = event.path("tokens_predicted").intValue();
    return Math.max(
        usage, Math.max(predicted, event.path("timings").path("predicted_n").intValue()));
  }

  private static boolean carriesTokens(JsonNode event) {
    JsonNode choice = event.path("choices").path(0);
    return choice.isObject()
        && (!choice.path("text").asText("").isEmpty() || !choice.hasNonNull("finish_reason"));
  }

  /** With the server's counts where each piece has one, else the tokens spread evenly. */
  private static List<RequestTiming.Arrival> arrivals(List<Piece> pieces, int total) {
    boolean counted = pieces.stream().allMatch(piece -> piece.tokens() > 0);
    List<RequestTiming.Arrival> arrivals = new ArrayList<>();
    int before = 0;
    for (int i = 0; i < pieces.size(); i++) {
      boolean last = i == pieces.size() - 1;
      int spread = (int) Math.max(1, (long) total * (i + 1) / pieces.size());
      int tokens = last ? total : counted ? pieces.get(i).tokens() : spread;
      if (tokens > before) {
        arrivals.add(new RequestTiming.Arrival(pieces.get(i).nanos(), tokens));
        before = tokens;
      }
    }
    return arrivals;
  }

  private static String shortened(String text) {
    String flat = text.replaceAll("\\s+", " ").strip();
    return flat.length() <= SHOWN_CHARACTERS ? flat : flat.substring(0, SHOWN_CHARACTERS) + "...";
  }

  private static ServeException failed(String what) {
    return new ServeException(ErrorCode.INTERNAL, "the server " + what);
  }
}
