package io.talchum.text.jinja;

/** A template that cannot be compiled or rendered. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;
  private final int line;

  TemplateException(ErrorKind kind, String reason) {
    this(kind, reason, 0);
  }

  TemplateException(ErrorKind kind, String reason, int line) {
    super(reason);
    this.kind = kind;
    this.line = line;
  }

  public ErrorKind kind() {
    return kind;
  }

  /** Line of the template, from 1; 0 where none is known. */
  public int line() {
    return line;
  }

  /** The reason alone, as jinja2 words it. */
  public String reason() {
    return String.valueOf(getMessage());
  }

  TemplateException atLine(int where) {
    if (line != 0) {
      return this;
    }
    TemplateException located = new TemplateException(kind, reason(), where);
    located.setStackTrace(getStackTrace());
    return located;
  }

  static TemplateException type(String reason) {
    return new TemplateException(ErrorKind.TYPE, reason);
  }

  static TemplateException value(String reason) {
    return new TemplateException(ErrorKind.VALUE, reason);
  }

  /** A part of jinja2 that no published chat template uses, or whose result is random. */
  static TemplateException notServed(String part) {
    return new TemplateException(ErrorKind.UNSUPPORTED, part + " is not served");
  }

  static TemplateException limit(String reason) {
    return new TemplateException(ErrorKind.LIMIT, reason);
  }
}
