package io.talchum.cli;

import java.util.ArrayList;
import java.util.List;

/** What a server says when it is ready: what it serves, where, and three things to try. */
public final class Welcome {
  private static final String CHAT = "/v1/chat/completions";

  // Right at any temperature: twenty answers each at 0, 0.7 and 1 were read (docs/testing.md).
  private static final String QUESTION = "What is the batch size?";
  private static final String UNKNOWN = "What is the weather in France?";
  private static final String SENTENCE = "The black toaster costs 82 dollars.";

  private static final int MAX_NAMES = 12;

  private final ServedOverview served;
  private final String command;

  /**
   * @param command how the user calls this program
   */
  public Welcome(ServedOverview served, String command) {
    this.served = served;
    this.command = command;
  }

  /** A thing to try: why, and a command for a POSIX shell. */
  record Trial(String about, String command) {}

  public void print(ProcessEnvironment process) {
    process.out().print(text());
    process.out().flush();
  }

  /** The whole text, lines ended by line feeds. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        "Talchum %s serves %s at %s\n\n".formatted(Version.text(), served.model(), served.url()));
    text.append(overview())
        .append("\nChat from another terminal: ")
        .append(command)
        .append(" chat")
        .append(usual() ? "" : " --url " + served.url())
        .append("\n\nThree requests to try there:\n");
    int number = 1;
    for (Trial trial : trials()) {
      text.append("\n%d. %s\n%s\n".formatted(number++, trial.about(), trial.command()));
    }
    return text.append("\nCtrl-C ends the server.\n").toString();
  }

  private boolean usual() {
    return served.url().equals("http://127.0.0.1:8000");
  }

  private String overview() {
    return """
      model     %s, %s parameters, linears %s, head %s, version %s
      products  %s
      slots     %d of %d tokens each
      adapters  %s
      memory    %s
    """
        .formatted(
            served.architecture(),
            Quantities.count(served.parameters()),
            served.quantization(),
            served.headQuantization(),
            served.version(),
            served.products(),
            served.slots(),
            served.contextTokens(),
            names(served.adapters()),
            memory(served.memory()));
  }

  private static String memory(ServedOverview.Memory memory) {
    return "weights %s, KV cache %s, prefix cache %s, adapters up to %s, Java heap up to %s, all else %s%s"
        .formatted(
            Quantities.bytes(memory.weights()),
            Quantities.bytes(memory.kv()),
            memory.prefixCache() == 0 ? "off" : "up to " + Quantities.bytes(memory.prefixCache()),
            Quantities.bytes(memory.adapters()),
            Quantities.bytes(memory.heap()),
            Quantities.bytes(memory.reserve()),
            memory.resident() > 0 ? "; resident now " + Quantities.bytes(memory.resident()) : "");
  }

  private static String names(List<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    String shown = String.join(", ", names.subList(0, Math.min(MAX_NAMES, names.size())));
    int more = names.size() - MAX_NAMES;
    return more > 0 ? "%s and %d more".formatted(shown, more) : shown;
  }

  /** Three commands, each of which works when pasted. */
  List<Trial> trials() {
    List<Trial> trials = new ArrayList<>();
    trials.add(new Trial("Chat:", chat("", served.model(), QUESTION, "")));
    if (served.adapters().isEmpty()) {
      trials.add(new Trial("See what is served:", curl("", "/v1/models")));
    } else {
      String adapter =
          served.adapters().contains("pirate") ? "pirate" : served.adapters().getFirst();
      trials.add(
          new Trial(
              "The adapter %s answers; \"model\" names it, in each request:".formatted(adapter),
              chat("", adapter, UNKNOWN, "")));
    }
    boolean extracts = served.adapters().contains("json-extract");
    trials.add(
        extracts
            ? new Trial(
                "Another adapter, as a stream:",
                chat("-N ", "json-extract", SENTENCE, ",\"stream\":true"))
            : new Trial(
                "The first again, as a stream:",
                chat("-N ", served.model(), QUESTION, ",\"stream\":true")));
    return trials;
  }

  private String chat(String flags, String model, String question, String more) {
    return curl(flags, CHAT)
        + " -H 'Content-Type: application/json' -d '{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"temperature\":0,\"max_tokens\":64%s}'"
            .formatted(model, question, more);
  }

  private String curl(String flags, String path) {
    String key = served.keyRequired() ? " -H \"Authorization: Bearer $TALCHUM_API_KEY\"" : "";
    return "curl -s " + flags + served.url() + path + key;
  }
}
