package io.talchum.model.onnx.device;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Map;

/** Results on stdout, one JSON object a line, each as soon as it is known. */
public final class JsonLines {
  private final JsonMapper json = new JsonMapper();
  private final String device;
  private boolean failed;

  /**
   * @param device in every line
   */
  public JsonLines(String device) {
    this.device = device;
  }

  /** Whether a check has failed. */
  public boolean hasFailed() {
    return failed;
  }

  /**
   * @param fields names and values in turn
   */
  void line(String kind, Object... fields) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("kind", kind);
    line.put("device", device);
    for (int i = 0; i < fields.length; i += 2) {
      line.put((String) fields[i], fields[i + 1]);
    }
    try {
      System.out.println(json.writeValueAsString(line));
      System.out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A check that fails beyond a limit. */
  void check(String name, String what, double difference, double limit) {
    boolean ok = difference <= limit; // false for NaN
    failed |= !ok;
    line("check", "name", name, "of", what, "ok", ok, "difference", difference, "limit", limit);
  }

  /** A check that fails by throwing. */
  public void guarded(String name, String what, Body body) {
    try {
      body.run();
    } catch (Exception | Error e) {
      failed = true;
      e.printStackTrace();
      Throwable first = e;
      while (first.getCause() != null) {
        first = first.getCause();
      }
      line(
          "check",
          "name",
          name,
          "of",
          what,
          "ok",
          false,
          "error",
          e.toString(),
          "cause",
          first.toString());
    }
  }

  /** What a check does. */
  @FunctionalInterface
  public interface Body {
    void run() throws Exception;
  }
}
