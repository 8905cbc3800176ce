package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Creates sessions, each with threads of its own, in the process's one environment, which lives as
 * long as the process.
 */
final class OrtSessions {
  private static final int LOG_ERRORS = 3;
  private static final int SEQUENTIAL = 0;
  private static final int NO_OPTIMIZERS = 0;

  /**
   * How long a thread of a session waits actively for its next task, longer than the nodes take
   * that are not shared. Without a limit it holds its core long after a step, against the threads
   * that deliver the token; stopped at once, each step begins with waking it.
   */
  private static final String SPIN_MICROS = "100";

  private final OrtLibrary library;
  private final int threads;
  private final boolean spin;
  private final MemorySegment environment;
  private final MethodHandle createSession;
  private final MethodHandle releaseSession;

  OrtSessions(OrtLibrary library, int threads, boolean spin) {
    this.library = library;
    this.createSession = library.statusFunction(8, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
    this.releaseSession = library.function(95, FunctionDescriptor.ofVoid(ADDRESS));
    this.threads = threads;
    this.spin = spin;
    this.environment = createEnvironment();
  }

  /**
   * A session over a serialized model, to be released with {@link #release}.
   *
   * @param weights the graph's weights by name
   * @param folder where the file lies that the graph says its weights are in
   * @param operators domain of our own operators
   */
  MemorySegment create(
      byte[] model, Map<String, MemorySegment> weights, Path folder, MemorySegment operators) {
    return onItsOwnThread(() -> createHere(model, weights, folder, operators));
  }

  /**
   * Denormals become zero on a session's threads, and for good on the thread that creates the
   * process's first session: none that Java code runs on later.
   */
  private static MemorySegment onItsOwnThread(Supplier<MemorySegment> work) {
    FutureTask<MemorySegment> task = new FutureTask<>(work::get);
    Thread.ofPlatform().name("talchum-session").daemon().start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : OrtLibrary.failure("create a session", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw OrtLibrary.failure("create a session", e);
    }
  }

  private MemorySegment createHere(
      byte[] model, Map<String, MemorySegment> weights, Path folder, MemorySegment operators) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment options = options(call, folder, operators);
      MethodHandle addInitializer = library.statusFunction(150, ADDRESS, ADDRESS, ADDRESS);
      for (Map.Entry<String, MemorySegment> weight : weights.entrySet()) {
        library.check(
            (MemorySegment)
                addInitializer.invokeExact(
                    options, call.allocateFrom(weight.getKey()), weight.getValue()));
      }
      MemorySegment bytes = call.allocateFrom(JAVA_BYTE, model);
      MemorySegment out = call.allocate(ADDRESS);
      library.check(
          (MemorySegment)
              createSession.invokeExact(environment, bytes, (long) model.length, options, out));
      OrtLibrary.release(library.function(100, FunctionDescriptor.ofVoid(ADDRESS)), options);
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("create a session", e);
    }
  }

  void release(MemorySegment session) {
    OrtLibrary.release(releaseSession, session);
  }

  /** The graph is written as it should run: optimizers would only cost start-up time. */
  private MemorySegment options(Arena call, Path folder, MemorySegment operators) throws Throwable {
    MemorySegment out = call.allocate(ADDRESS);
    call(10, out);
    MemorySegment options = out.get(ADDRESS, 0);
    call(24, options, threads); // SetIntraOpNumThreads
    call(25, options, 1); // SetInterOpNumThreads
    call(13, options, SEQUENTIAL); // SetSessionExecutionMode
    call(17, options); // DisableMemPattern: shapes change from step to step
    call(23, options, NO_OPTIMIZERS); // SetSessionGraphOptimizationLevel
    call(28, options, operators); // AddCustomOpDomain
    entry(call, options, "session.model_external_initializers_file_folder_path", folder.toString());
    entry(call, options, "session.set_denormal_as_zero", "1");
    if (spin) {
      entry(call, options, "session.intra_op.spin_duration_us", SPIN_MICROS);
    } else {
      entry(call, options, "session.intra_op.allow_spinning", "0");
    }
    return options;
  }

  /** AddSessionConfigEntry. */
  private void entry(Arena call, MemorySegment options, String key, String value) throws Throwable {
    library.check(
        (MemorySegment)
            library
                .statusFunction(130, ADDRESS, ADDRESS, ADDRESS)
                .invokeExact(options, call.allocateFrom(key), call.allocateFrom(value)));
  }

  private MemorySegment createEnvironment() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      MethodHandle create = library.statusFunction(3, JAVA_INT, ADDRESS, ADDRESS);
      library.check(
          (MemorySegment) create.invokeExact(LOG_ERRORS, call.allocateFrom("talchum"), out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("start", e);
    }
  }

  private void call(int index, MemorySegment object) throws Throwable {
    library.check((MemorySegment) library.statusFunction(index, ADDRESS).invokeExact(object));
  }

  private void call(int index, MemorySegment object, int value) throws Throwable {
    library.check(
        (MemorySegment)
            library.statusFunction(index, ADDRESS, JAVA_INT).invokeExact(object, value));
  }

  private void call(int index, MemorySegment object, MemorySegment other) throws Throwable {
    library.check(
        (MemorySegment) library.statusFunction(index, ADDRESS, ADDRESS).invokeExact(object, other));
  }
}
