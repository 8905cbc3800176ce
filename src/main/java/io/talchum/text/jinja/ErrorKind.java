package io.talchum.text.jinja;

/** The Python exception that jinja2 raises in the same place. */
public enum ErrorKind {
  /** The template's own refusal by raise_exception. */
  TEMPLATE_ERROR("TemplateError"),
  SYNTAX("TemplateSyntaxError"),
  ASSERTION("TemplateAssertionError"),
  RUNTIME("TemplateRuntimeError"),
  UNDEFINED("UndefinedError"),
  SECURITY("SecurityError"),
  FILTER_ARGUMENT("FilterArgumentError"),
  TYPE("TypeError"),
  VALUE("ValueError"),
  INDEX("IndexError"),
  KEY("KeyError"),
  ATTRIBUTE("AttributeError"),
  ZERO_DIVISION("ZeroDivisionError"),
  OVERFLOW("OverflowError"),
  /** Something jinja2 has and this interpreter has not. */
  UNSUPPORTED("NotImplementedError"),
  /** Too many steps, too much text, or too deep. */
  LIMIT("LimitError");

  private final String pythonName;

  ErrorKind(String pythonName) {
    this.pythonName = pythonName;
  }

  public String pythonName() {
    return pythonName;
  }
}
