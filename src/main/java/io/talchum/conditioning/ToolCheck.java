package io.talchum.conditioning;

import io.talchum.core.ServeException;
import java.util.List;
import java.util.Map;

/** What every tool must say: that it is a function, and its name. */
final class ToolCheck {
  private ToolCheck() {}

  /**
   * @throws ServeException INVALID_REQUEST naming the tool at fault
   */
  static void check(List<Map<String, ?>> tools) {
    for (int i = 0; i < tools.size(); i++) {
      String where = "tools[" + i + "]";
      Map<String, ?> tool = tools.get(i);
      if (!"function".equals(tool.get("type"))) {
        throw ServeException.invalid(
            where + ".type", where + ".type must be 'function'; other tools are not served");
      }
      if (!(tool.get("function") instanceof Map<?, ?> function)
          || !(function.get("name") instanceof String name)
          || name.isEmpty()) {
        throw ServeException.invalid(
            where + ".function", where + ".function must be an object with a name; send it");
      }
    }
  }
}
