package io.talchum.cli.chat;

/** Takes an answer as it comes. */
interface AnswerSink {
  void text(String delta);

  /** What a model that thinks first thinks. */
  void reasoning(String delta);
}
