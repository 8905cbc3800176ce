package io.talchum.text.jinja;

import java.util.Locale;

/** Upper and lower case as Python's str has them: full mappings, no language. */
final class Casing {
  private Casing() {}

  static String upper(String string) {
    return string.toUpperCase(Locale.ROOT);
  }

  static String lower(String string) {
    return string.toLowerCase(Locale.ROOT);
  }

  static String fold(String string) {
    return string.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  static String capitalize(String string) {
    if (string.isEmpty()) {
      return string;
    }
    int first = Character.charCount(string.codePointAt(0));
    return titleCase(string.substring(0, first)) + lower(string.substring(first));
  }

  static String title(String string) {
    StringBuilder out = new StringBuilder(string.length());
    boolean inWord = false;
    for (int i = 0; i < string.length(); ) {
      int c = string.codePointAt(i);
      String one = string.substring(i, i + Character.charCount(c));
      out.append(inWord ? lower(one) : titleCase(one));
      inWord = isCased(c);
      i += one.length();
    }
    return out.toString();
  }

  private static String titleCase(String one) {
    int c = one.codePointAt(0);
    int title = Character.toTitleCase(c);
    if (title != c) {
      return Character.toString(title);
    }
    String full = upper(one);
    return full.length() > one.length() ? full.charAt(0) + lower(full.substring(1)) : full;
  }

  static String swap(String string) {
    StringBuilder out = new StringBuilder(string.length());
    string
        .codePoints()
        .forEach(
            c -> {
              String one = Character.toString(c);
              out.append(Character.isUpperCase(c) ? lower(one) : upper(one));
            });
    return out.toString();
  }

  private static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static boolean isUpper(String string) {
    return string.codePoints().anyMatch(Character::isUpperCase)
        && string.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
  }

  static boolean isLower(String string) {
    return string.codePoints().anyMatch(Character::isLowerCase)
        && string.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
  }

  static boolean isTitle(String string) {
    return string.codePoints().anyMatch(Casing::isCased) && title(string).equals(string);
  }
}
