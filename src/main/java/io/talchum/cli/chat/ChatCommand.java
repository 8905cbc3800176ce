package io.talchum.cli.chat;

import io.talchum.cli.ProcessEnvironment;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Talks with a running server. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    description = {
      "Chat with a running server; each answer appears as it is made.",
      "Reads questions from the terminal, or line by line from what is piped in: then only the"
          + " answers go to standard output, and what a model thinks first is left out.",
      "In the chat /help lists the commands; Ctrl-C stops an answer, Ctrl-D ends the chat."
    })
public final class ChatCommand implements Callable<Integer> {
  private static final String KEY_VARIABLE = "TALCHUM_API_KEY";

  private final ProcessEnvironment process;
  private final Interrupts interrupts;

  @Option(
      names = "--url",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8000",
      description = "The server (default: ${DEFAULT-VALUE}).")
  private String url = "";

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description = "If the server wants one (default: $TALCHUM_API_KEY).")
  private @Nullable String apiKey;

  @Option(
      names = "--adapter",
      paramLabel = "NAME",
      description = "The adapter that answers first (default: the model itself).")
  private String adapter = "";

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "What the model is told before everything else.")
  private String system = "";

  public ChatCommand(ProcessEnvironment process) {
    this(process, new Interrupts());
  }

  ChatCommand(ProcessEnvironment process, Interrupts interrupts) {
    this.process = process;
    this.interrupts = interrupts;
  }

  @Override
  public Integer call() throws InterruptedException {
    String key = apiKey != null ? apiKey : process.environment().getOrDefault(KEY_VARIABLE, "");
    try (ChatClient client = new ChatClient(url, key, process.command() + " serve")) {
      ServedNames served = client.names();
      Conversation conversation = new Conversation(served.base());
      conversation.instruct(system);
      if (!adapter.isEmpty()) {
        conversation.choose(known(adapter, served));
      }
      if (process.isTerminal()) {
        interrupts.listen();
        process
            .out()
            .printf(
                "%s at %s. Adapters: %s. /help lists the commands.%n",
                served.base(), client.url(), served.listed());
      }
      ChatSession session = new ChatSession(process, client, interrupts, conversation);
      return session.run() ? 0 : 1;
    }
  }

  private static String known(String name, ServedNames served) {
    if (served.knows(name)) {
      return name;
    }
    throw new ServeException(
        ErrorCode.MODEL_NOT_FOUND,
        "there is no adapter '%s'; there are: %s".formatted(name, served.listed()),
        null);
  }
}
