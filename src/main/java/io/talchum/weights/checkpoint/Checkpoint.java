package io.talchum.weights.checkpoint;

import io.talchum.core.ModelSpec;
import java.util.Map;

/** A model to import, opened and checked: all its tensors are there, none is left over. */
public interface Checkpoint extends AutoCloseable {
  /** The name of the file or folder, never a path. */
  String source();

  ModelSpec spec();

  /** By the names of {@link ModelTensors}, in their order; valid until closed. */
  Map<String, SourceTensor> tensors();

  ModelTexts texts();

  /** As the source states it, or empty. */
  String license();

  @Override
  void close();
}
