package io.talchum.bench;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.util.Locale;

/** How a server wants to be told which adapter to use. */
enum ServerKind {
  /** An adapter is a {@code model} of its own. */
  OPENAI("openai"),
  /** Adapters have numbers; each request gives the scale of each. */
  LLAMA_CPP("llama.cpp");

  private final String word;

  ServerKind(String word) {
    this.word = word;
  }

  /** As on the command line. */
  String word() {
    return word;
  }

  static ServerKind parse(String word) {
    for (ServerKind kind : values()) {
      if (kind.word.equals(word.toLowerCase(Locale.ROOT))) {
        return kind;
      }
    }
    throw new ServeException(
        ErrorCode.INVALID_REQUEST,
        "'%s' is no kind of server; openai and llama.cpp are".formatted(word));
  }
}
