package io.talchum.api.gate;

/**
 * A route of HTTP.
 *
 * @param path with {@code {name}} for one segment and {@code **} for any that follow
 * @param body what it takes
 */
public record HttpRoute(String method, String path, Access access, Body body) {
  /** What a request may carry. */
  public enum Body {
    /** Nothing: a body is refused before it is read. */
    NONE,
    /** One JSON object, read into memory. */
    JSON,
    /** Files, read as they come. */
    UPLOAD
  }

  static HttpRoute get(String path, Access access) {
    return new HttpRoute("GET", path, access, Body.NONE);
  }

  static HttpRoute post(String path, Access access) {
    return new HttpRoute("POST", path, access, Body.JSON);
  }

  /** Whether a request's method is this route's; HEAD is a GET without the answer's body. */
  public boolean takes(String asked) {
    return method.equals(asked) || (method.equals("GET") && asked.equals("HEAD"));
  }

  /** Whether it has parts that differ from request to request. */
  boolean isTemplate() {
    return path.contains("{") || path.contains("*");
  }

  /** The path as a regular expression. */
  String pattern() {
    return path.replace(".", "\\.").replaceAll("\\{\\w+}", "[^/]+").replace("**", ".+");
  }
}
