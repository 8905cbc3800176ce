package io.talchum.adapter.peft;

import io.talchum.adapter.AdapterPrimitive;
import java.util.List;

/** How the folders of one {@code peft_type} are read. Stateless. */
interface PeftKind {
  /** The value of {@code peft_type}. */
  String type();

  KindOptions options();

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the key or tensor that is wrong
   */
  List<AdapterPrimitive> read(PeftSource source);

  /** Whether requests name a task. */
  default boolean hasTasks() {
    return false;
  }

  /** One list, or one for each task that requests may name. */
  default List<List<AdapterPrimitive>> tasks(PeftSource source) {
    return List.of(read(source));
  }
}
