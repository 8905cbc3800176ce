package io.talchum.api;

import java.util.List;

/**
 * What a contract suite must know of the model that is served.
 *
 * @param adapter loaded at start
 * @param folders of two adapters that can be loaded under other names
 * @param question a chat's content whose answers have a dozen tokens or more, at any temperature
 * @param promptTokens of the chat that asks the question
 * @param text also spelled by {@code tokenIds}
 * @param overlong fits the context by its characters, not by its tokens
 * @param overlongTokens of the chat with that content
 * @param hugeChars a content that a body may have, but no context
 */
record Served(
    String base,
    String adapter,
    List<String> folders,
    String question,
    int promptTokens,
    String text,
    List<Integer> tokenIds,
    int contextTokens,
    int vocabulary,
    String overlong,
    int overlongTokens,
    int hugeChars) {

  static final Served LETTERS =
      new Served(
          LetterModel.NAME,
          "lora_qv",
          List.of("lora_r1", "rslora"),
          "hi",
          "user:hi\nassistant:".length(),
          "ab",
          List.of((int) 'a', (int) 'b'),
          512,
          256,
          "x".repeat(500),
          516,
          1_000_000);

  /** The embedded model, over the real executor. */
  static final Served DEMO =
      new Served(
          "talchum-demo",
          "pirate",
          List.of("terse", "json-extract"),
          "Genre: fairy tale. Audience: child. Words: fox, bridge, lantern.",
          25,
          "<|im_start|>user\nHello!<|im_end|>\n<|im_start|>assistant\n",
          List.of(3070, 280, 198, 890, 0, 3071, 198, 3070, 278, 198),
          512,
          3072,
          "a b c d e ".repeat(200),
          1009,
          10_000_000);
}
