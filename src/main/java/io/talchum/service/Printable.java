package io.talchum.service;

/** Text of a client as it appears in messages: short, valid, without control characters. */
public final class Printable {
  private static final int MAX_CHARS = 100;

  private Printable() {}

  /** The text, cut after 100 characters; what cannot be printed is replaced by {@code ?}. */
  public static String of(String text) {
    String cut = text.length() > MAX_CHARS ? text.substring(0, MAX_CHARS) + "…" : text;
    return line(cut);
  }

  /** The text as one line of a log: what cannot be printed is replaced by {@code ?}. */
  public static String line(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }
}
