package io.talchum.adapter;

import java.nio.file.Path;

/** Reads adapter folders for one base, strictly. Any thread. */
@FunctionalInterface
public interface AdapterReader {
  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the key, tensor or file that is
   *     wrong, does not fit the base, or is not served
   */
  AdapterContent read(Path folder);
}
