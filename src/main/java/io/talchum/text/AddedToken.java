package io.talchum.text;

/**
 * An entry of {@code added_tokens} in tokenizer.json: matched in the text before anything else.
 *
 * @param special whether it is a control token, left out of text where those are skipped
 * @param normalized whether it is looked for after the normalizer ran
 */
record AddedToken(int id, String content, boolean special, boolean normalized) {}
