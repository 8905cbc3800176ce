package io.talchum.engine;

import java.lang.System.Logger.Level;

/** Calls whose failure must not reach the engine, an OutOfMemoryError included. */
final class ExceptionBarrier {
  private static final System.Logger LOG = System.getLogger("io.talchum.engine");

  private ExceptionBarrier() {}

  /** Runs it; logs what it throws. */
  static void run(String what, Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      log(what + " threw; the engine goes on", e);
    }
  }

  /** Logs, if there is memory for it. */
  static void log(String message, Throwable cause) {
    try {
      LOG.log(Level.WARNING, message, cause);
    } catch (Throwable unlogged) {
      cause.addSuppressed(unlogged);
    }
  }
}
