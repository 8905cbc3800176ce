package io.talchum.wiring;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.core.VectorApi;

/**
 * Brings the Vector API in when it is needed. The JVM's own option {@code --add-modules} prints a
 * warning into the output of every command, and switches off its archive of modules, which makes
 * each start longer.
 */
final class VectorModule {
  private static final String NAME = "jdk.incubator.vector";

  /** A system property of runs that record the start-up cache, see {@link VectorApi}. */
  private static final String WITHOUT = "io.talchum.without-vectors";

  private VectorModule() {}

  /**
   * Resolves the module as the JVM itself does for late ones; does nothing if it is there.
   *
   * @throws ServeException INTERNAL if this JVM does not allow that
   */
  static void load() {
    if (VectorApi.isThere() || Boolean.getBoolean(WITHOUT)) {
      return;
    }
    try {
      // Open by "Add-Exports" in the manifest of quarkus-run.jar.
      Class.forName("jdk.internal.module.Modules")
          .getMethod("loadModule", String.class)
          .invoke(null, NAME);
    } catch (ReflectiveOperationException e) {
      throw new ServeException(
          ErrorCode.INTERNAL,
          "this Java has no module %s that a program can load; use a JDK 25, or add --add-modules %s to TALCHUM_JAVA_OPTS"
              .formatted(NAME, NAME),
          e);
    }
  }
}
