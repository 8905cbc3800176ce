package io.talchum.weights;

import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A model to import, opened and checked: all its tensors are there, none is left over. */
interface Checkpoint extends AutoCloseable {
  /**
   * @param source a Hugging Face folder or a GGUF file
   * @throws ServeException INVALID_MODEL for a source that is broken or not supported
   */
  static Checkpoint open(Path source) {
    if (!Files.exists(source)) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "there is no file or folder " + MappedFile.name(source));
    }
    return Files.isDirectory(source) ? HubCheckpoint.open(source) : GgufCheckpoint.open(source);
  }

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
