package io.talchum.text;

/**
 * A piece of a rendered prompt.
 *
 * @param fromTemplate whether the template's author wrote it (control tokens in it count) or a
 *     message brought it (they do not)
 */
public record PromptSegment(String text, boolean fromTemplate) {}
