package io.talchum.cli;

import java.util.Map;

/** Runs the server until it is told to stop. */
@FunctionalInterface
public interface Server {
  /**
   * @param settings by configuration key, for example {@code talchum.port}; what is missing keeps
   *     its configured value or default
   * @return the exit code
   * @throws io.talchum.core.ServeException if it cannot start
   */
  int run(Map<String, String> settings);
}
