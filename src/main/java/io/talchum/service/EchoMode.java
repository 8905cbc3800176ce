package io.talchum.service;

/** How much of a prompt and its completion a client wants to see. */
enum EchoMode {
  /** The completion. */
  COMPLETION,
  /** The prompt, then the completion. */
  PROMPT_AND_COMPLETION,
  /** The prompt alone: {@code echo} with {@code max_tokens: 0}. */
  PROMPT
}
