package io.talchum.engine;

import java.lang.System.Logger.Level;

/** Calls into foreign code whose failure must not reach the engine. */
final class Guarded {
  private static final System.Logger LOG = System.getLogger("io.talchum.engine");

  private Guarded() {}

  /** Runs it; logs what it throws. */
  static void run(String what, Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, what + " threw; the engine goes on", e);
    }
  }
}
