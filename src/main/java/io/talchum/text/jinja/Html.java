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

  /** Removes comments and tags, and makes each run of white space one space. */
  static String stripTags(String html) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < html.length()) {
      int open = html.indexOf('<', at);
      boolean comment = open >= 0 && html.startsWith("<!--", open);
      int close = open < 0 ? -1 : html.indexOf(comment ? "-->" : ">", open);
      if (close < 0) {
        break;
      }
      text.append(html, at, open);
      at = close + (comment ? 3 : 1);
    }
    text.append(html, at, html.length());
    return unescape(String.join(" ", StringMethods.words(text.toString())));
  }

  private static String unescape(String text) {
    return text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }
}
