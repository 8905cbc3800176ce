package io.talchum.service;

import io.talchum.core.NumberFormats;
import java.nio.file.Path;

/** Runs model packages outside of the server. */
@FunctionalInterface
public interface ModelRunner {
  /**
   * Starts an engine on a package, with one slot; to be closed by the caller.
   *
   * @param contextTokens positions; 0 is {@link ModelEvaluation#DEFAULT_CONTEXT_TOKENS} or the
   *     model's if that is less
   * @throws io.talchum.core.ServeException INVALID_MODEL if the package is broken, INVALID_REQUEST
   *     if the model was trained for fewer positions
   */
  RunningModel open(Path packageFolder, int contextTokens, NumberFormats numbers);
}
