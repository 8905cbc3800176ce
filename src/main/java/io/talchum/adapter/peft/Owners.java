package io.talchum.adapter.peft;

import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.core.ModelSpec;
import java.util.function.Predicate;

/** Whether every tensor is of a module that the configuration adapts, said before any is read. */
final class Owners {
  private static final String SHARED = "base_model.";

  private Owners() {}

  /**
   * @param owns whether a name without its prefix belongs to an adapted module
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming a tensor of another module
   */
  static void require(PeftSource source, Predicate<String> owns) {
    for (String name : source.tensors().left()) {
      if (!name.startsWith(SHARED)) {
        throw source
            .tensors()
            .refuse(
                "tensor "
                    + name
                    + " does not begin with "
                    + PeftSource.PREFIX
                    + ", nothing would use it");
      }
      if (name.startsWith(PeftSource.PREFIX)
          && !owns.test(name.substring(PeftSource.PREFIX.length()))) {
        throw source.tensors().refuse("tensor " + name + " " + why(name, source.base().spec()));
      }
    }
  }

  private static String why(String name, ModelSpec base) {
    String path = name.substring(PeftSource.PREFIX.length());
    boolean known = BaseModule.all(base).keySet().stream().anyMatch(m -> path.startsWith(m + "."));
    return known
        ? "is for a module that " + AdapterConfigFields.FILE + " does not select (target_modules)"
        : "is for a module that is not adapted: none of the linears in the base's "
            + base.layers()
            + " layers that "
            + AdapterConfigFields.FILE
            + " selects";
  }
}
