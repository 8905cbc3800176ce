package io.talchum.wiring;

import io.quarkus.runtime.Quarkus;
import io.talchum.cli.Farewell;
import io.talchum.engine.Engine;
import io.talchum.engine.EngineStats;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import sun.misc.Signal;

/** Ends the server in order, with exit code 0, when it is told to: by SIGTERM or Ctrl-C. */
final class StopSignals {
  private static final int ENDED_BY_FORCE = 130;

  private final Engine engine;
  private final Duration grace;
  private final Farewell farewell;
  private final AtomicBoolean isStopping = new AtomicBoolean();

  /**
   * @param grace how long running requests may go on
   */
  StopSignals(Engine engine, Duration grace, Farewell farewell) {
    this.engine = engine;
    this.grace = grace;
    this.farewell = farewell;
  }

  void listen() {
    Signal.handle(new Signal("TERM"), signal -> stop());
    Signal.handle(new Signal("INT"), signal -> stop());
  }

  /** The second time whatever runs is cut off. */
  private void stop() {
    if (!isStopping.compareAndSet(false, true)) {
      Runtime.getRuntime().halt(ENDED_BY_FORCE);
    }
    EngineStats now = engine.stats();
    farewell.draining(now.running() + now.waiting(), grace);
    Thread.ofPlatform().name("talchum-drain").start(() -> engine.drain(grace));
    Quarkus.asyncExit(0);
  }
}
