package io.talchum.cli.chat;

import io.talchum.cli.ProcessEnvironment;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Reads questions and commands line by line and shows what comes. */
final class ChatSession {
  private static final String HELP =
      """
      /adapter NAME   let this adapter answer; without a name, or none: the model itself
      /models         what the server has
      /system TEXT    what the model is told before everything else; without a text: nothing
      /reset          begin a new conversation
      /help           this list
      /quit           leave; so does Ctrl-D. Ctrl-C stops an answer
      """;
  private static final String DIM = "\u001b[2m";
  private static final String PLAIN = "\u001b[0m";

  private final ProcessEnvironment process;
  private final PrintWriter out;
  private final ChatClient client;
  private final Interrupts interrupts;
  private final Conversation conversation;
  private boolean failed;

  ChatSession(
      ProcessEnvironment process,
      ChatClient client,
      Interrupts interrupts,
      Conversation conversation) {
    this.process = process;
    this.out = process.out();
    this.client = client;
    this.interrupts = interrupts;
    this.conversation = conversation;
  }

  /** Goes on until {@code /quit} or the input's end; whether every line was answered. */
  boolean run() throws InterruptedException {
    for (String line; (line = nextLine()) != null; ) {
      String text = line.strip();
      if (text.equals("/quit") || text.equals("/exit")) {
        break;
      }
      try {
        if (text.startsWith("/")) {
          obey(text);
        } else if (!text.isEmpty()) {
          ask(text);
        }
      } catch (ServeException e) {
        complain(String.valueOf(e.getMessage()));
      }
    }
    return !failed;
  }

  private @Nullable String nextLine() {
    if (process.isTerminal()) {
      out.print(conversation.model() + "> ");
      out.flush();
    }
    try {
      String line = process.in().readLine();
      if (line == null && process.isTerminal()) {
        out.println();
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void obey(String line) throws InterruptedException {
    String[] words = line.split("\\s+", 2);
    String argument = words.length > 1 ? words[1].strip() : "";
    switch (words[0]) {
      case "/adapter" -> choose(argument);
      case "/models" -> list();
      case "/system" -> conversation.instruct(argument);
      case "/reset" -> conversation.reset();
      case "/help" -> out.print(HELP);
      default -> complain("there is no command %s; /help lists them".formatted(words[0]));
    }
    out.flush();
  }

  private void choose(String name) throws InterruptedException {
    ServedNames served = client.names();
    String chosen = name.isEmpty() || name.equals("none") ? served.base() : name;
    if (served.knows(chosen)) {
      conversation.choose(chosen);
    } else {
      complain(
          "there is no adapter '%s'; there are: %s (/adapter none: the model itself)"
              .formatted(name, served.listed()));
    }
  }

  private void list() throws InterruptedException {
    ServedNames served = client.names();
    out.printf("model     %s%nadapters  %s%n", served.base(), served.listed());
  }

  private void ask(String question) {
    Shown shown = new Shown();
    String reason = "";
    interrupts.begin();
    try {
      reason = client.ask(conversation.model(), conversation.with(question), shown);
    } catch (InterruptedException e) {
      reason = "interrupted";
    } catch (ServeException e) {
      if (!interrupts.end()) {
        shown.end();
        throw e;
      }
      reason = "interrupted";
    }
    interrupts.end();
    shown.end();
    if (!shown.answer.isEmpty()) {
      conversation.add(question, shown.answer.toString());
    }
    switch (reason) {
      case "interrupted" -> note("stopped");
      case "length" -> note("the answer was cut at its longest length");
      default -> {}
    }
  }

  private void complain(String message) {
    failed = true;
    note(message);
  }

  private void note(String message) {
    process.err().println("talchum: " + message);
    process.err().flush();
  }

  /** Prints an answer as it comes; thoughts only for a person, and dim. */
  private final class Shown implements AnswerSink {
    private final StringBuilder answer = new StringBuilder();
    private boolean thinking;
    private boolean open;

    @Override
    public void text(String delta) {
      endThought();
      answer.append(delta);
      print(delta);
    }

    @Override
    public void reasoning(String delta) {
      if (process.isTerminal()) {
        print(thinking ? delta : DIM + delta);
        thinking = true;
      }
    }

    private void print(String text) {
      out.print(text);
      out.flush();
      open = !text.endsWith("\n");
    }

    private void endThought() {
      if (thinking) {
        print(PLAIN + "\n");
        thinking = false;
      }
    }

    void end() {
      endThought();
      if (open) {
        print("\n");
      }
    }
  }
}
