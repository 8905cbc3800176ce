package io.talchum.service;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to import and how.
 *
 * @param path a Hugging Face folder or a GGUF file
 * @param name of the package; null takes the file's or folder's
 * @param linears how the linears are stored
 * @param embedding how the embedding is stored
 * @param head how the head is stored
 * @param tensors exceptions by patterns of tensor names; of several that match the last one counts
 */
public record ModelSource(
    Path path,
    @Nullable String name,
    Quantization linears,
    Quantization embedding,
    Quantization head,
    Map<String, Quantization> tensors) {

  public ModelSource {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** One rule for the linears, one for embedding and head. */
  public ModelSource(Path path, @Nullable String name, Quantization linears, Quantization tables) {
    this(path, name, linears, tables, tables, Map.of());
  }

  /** How weights are stored; AUTO chooses what loses nothing that matters. */
  public enum Quantization {
    AUTO("auto"),
    INT4("int4"),
    INT4_BLOCK_32("int4-b32"),
    INT4_BLOCK_64("int4-b64"),
    INT4_BLOCK_128("int4-b128"),
    INT8("int8"),
    NONE("none");

    private final String text;

    Quantization(String text) {
      this.text = text;
    }

    /** What head and embedding become where nothing is said of them: none means none. */
    public Quantization ofTables() {
      return this == NONE ? NONE : AUTO;
    }

    /** As people write it. */
    @Override
    public String toString() {
      return text;
    }
  }
}
