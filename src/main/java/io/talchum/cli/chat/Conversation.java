package io.talchum.cli.chat;

import java.util.ArrayList;
import java.util.List;

/** What was said so far, and to whom. Owned by one thread. */
final class Conversation {
  private final List<ChatTurn> turns = new ArrayList<>();
  private String system = "";
  private String model;

  /**
   * @param model name of the base or of an adapter
   */
  Conversation(String model) {
    this.model = model;
  }

  String model() {
    return model;
  }

  void choose(String name) {
    model = name;
  }

  /** Empty text takes it away. */
  void instruct(String text) {
    system = text;
  }

  /** Forgets what was said; model and system message stay. */
  void reset() {
    turns.clear();
  }

  /** All messages of a request that asks this next. */
  List<ChatTurn> with(String question) {
    List<ChatTurn> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(new ChatTurn("system", system));
    }
    messages.addAll(turns);
    messages.add(new ChatTurn("user", question));
    return messages;
  }

  void add(String question, String answer) {
    turns.add(new ChatTurn("user", question));
    turns.add(new ChatTurn("assistant", answer));
  }
}
