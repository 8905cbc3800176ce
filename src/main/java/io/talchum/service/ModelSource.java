package io.talchum.service;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What to import and how.
 *
 * @param path a Hugging Face folder or a GGUF file
 * @param name of the package; null takes the file's or folder's
 * @param linears how the linears are stored
 * @param head how embedding and head are stored
 */
public record ModelSource(
    Path path, @Nullable String name, Quantization linears, Quantization head) {

  /** How weights are stored; AUTO chooses what loses nothing that matters. */
  public enum Quantization {
    AUTO,
    INT4,
    INT8,
    NONE
  }
}
