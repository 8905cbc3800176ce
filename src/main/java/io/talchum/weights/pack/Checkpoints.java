package io.talchum.weights.pack;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.weights.checkpoint.Checkpoint;
import io.talchum.weights.gguf.GgufCheckpoint;
import io.talchum.weights.hf.HfCheckpoint;
import java.nio.file.Files;
import java.nio.file.Path;

/** Opens a source by what it is: a folder or a file. */
final class Checkpoints {
  private Checkpoints() {}

  /**
   * @param source a Hugging Face folder or a GGUF file
   * @throws ServeException INVALID_MODEL for a source that is broken or not supported
   */
  static Checkpoint open(Path source) {
    if (!Files.exists(source)) {
      throw new ServeException(ErrorCode.INVALID_MODEL, "there is no file or folder " + source);
    }
    return Files.isDirectory(source) ? HfCheckpoint.open(source) : GgufCheckpoint.open(source);
  }
}
