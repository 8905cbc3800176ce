package io.talchum.text.jinja;

/** What one rendering may still use; one thread. */
final class Budget {
  private static final long MAX_STEPS = 4_000_000;
  private static final long MAX_TEXT_CHARS = 16L << 20;
  private static final long MAX_ALLOCATED = 64L << 20;
  private static final int MAX_DEPTH = 500;

  private long steps;
  private long allocated;
  private int depth;

  void step() {
    steps(1);
  }

  void steps(long count) {
    steps += count;
    if (steps > MAX_STEPS || count > MAX_STEPS) {
      throw TemplateException.limit(
          "the template does more than " + MAX_STEPS + " steps; shorten its loops");
    }
  }

  /** Before text of this length is made. */
  void text(long chars) {
    grow(chars, chars);
  }

  /** Before a text becomes this long by so many characters more. */
  void grow(long chars, long more) {
    if (chars > MAX_TEXT_CHARS) {
      throw TemplateException.limit(
          "a text of " + chars + " characters exceeds the limit of " + MAX_TEXT_CHARS);
    }
    allocate(more);
  }

  /** Before a list of this length is made. */
  void items(long count) {
    steps(count);
    allocate(4 * count);
  }

  private void allocate(long units) {
    allocated += units;
    if (allocated > MAX_ALLOCATED) {
      throw TemplateException.limit(
          "the template builds more than " + MAX_ALLOCATED + " characters in all");
    }
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw TemplateException.limit("recursion or nesting deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }
}
