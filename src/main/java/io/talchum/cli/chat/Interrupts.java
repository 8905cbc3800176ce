package io.talchum.cli.chat;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** What Ctrl-C does: it stops the answer that is coming; without one it ends the program. */
final class Interrupts {
  private final AtomicReference<@Nullable Thread> answering = new AtomicReference<>();

  /** Listens to the terminal's Ctrl-C. */
  void listen() {
    Signal signal = new Signal("INT");
    SignalHandler usual = Signal.handle(signal, SignalHandler.SIG_IGN);
    Signal.handle(
        signal,
        told -> {
          if (!stop()) {
            usual.handle(told);
          }
        });
  }

  /** Interrupts the thread that receives an answer; false if none does, or it was told already. */
  boolean stop() {
    Thread thread = answering.getAndSet(null);
    if (thread == null) {
      return false;
    }
    thread.interrupt();
    return true;
  }

  /** From now on Ctrl-C interrupts this thread. */
  void begin() {
    answering.set(Thread.currentThread());
  }

  /** Returns whether it was interrupted, which it is no longer. */
  boolean end() {
    boolean wasTold = answering.getAndSet(null) == null;
    return Thread.interrupted() || wasTold;
  }
}
