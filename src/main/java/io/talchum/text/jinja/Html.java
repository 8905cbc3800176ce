package io.talchum.text.jinja;

/** Markup, which only the filters escape and safe bring in: auto-escaping is off. */
final class Html {
  private Html() {}

  /** Escapes what is no markup yet. */
  static Text escape(Text text, Budget budget) {
    if (text.isMarkup()) {
      return text;
    }
    TextBuilder out = new TextBuilder(budget);
    String string = text.string();
    int from = 0;
    for (int i = 0; i < string.length(); i++) {
      String entity = entity(string.charAt(i));
      if (entity != null) {
        out.append(text, from, i).append(entity, text.isTemplateAt(i));
        from = i + 1;
      }
    }
    return out.append(text, from, string.length()).build().withMarkup(true);
  }

  private static @org.jspecify.annotations.Nullable String entity(char c) {
    return switch (c) {
      case '&' -> "&amp;";
      case '<' -> "&lt;";
      case '>' -> "&gt;";
      case '\'' -> "&#39;";
      case '"' -> "&#34;";
      default -> null;
    };
  }
}
