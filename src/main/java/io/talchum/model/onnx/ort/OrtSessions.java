package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.ServeException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;

/**
 * Creates sessions in the process's one environment, whose thread pool they share. The environment
 * lives as long as the process; a second one in the same process is the same, with the first one's
 * threads.
 */
public final class OrtSessions {
  private static final int LOG_ERRORS = 3;
  private static final int SEQUENTIAL = 0;
  private static final int NO_OPTIMIZERS = 0;

  private final OrtLibrary library;
  private final MemorySegment environment;
  private final MethodHandle createSession;
  private final MethodHandle releaseSession;

  public OrtSessions(OrtLibrary library, int threads, boolean spin) {
    this.library = library;
    this.createSession = library.statusFunction(8, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);
    this.releaseSession = library.function(95, FunctionDescriptor.ofVoid(ADDRESS));
    this.environment = createEnvironment(threads, spin);
  }

  /** What a session is given beside its graph: changes its options (OrtSessionOptions). */
  @FunctionalInterface
  public interface Setup {
    void apply(MemorySegment options);
  }

  /** Lets a session use operators of our own. */
  public Setup withOperators(MemorySegment domain) {
    return options -> {
      try {
        call(28, options, domain); // AddCustomOpDomain
      } catch (Throwable e) {
        throw OrtLibrary.failure("take operators of our own", e);
      }
    };
  }

  /**
   * A session over a serialized model, to be released with {@link #release}.
   *
   * @param weights the graph's weights by name
   * @param folder where the file lies that the graph says its weights are in
   */
  public MemorySegment create(
      byte[] model, Map<String, MemorySegment> weights, Path folder, Setup setup) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment options = options(call, folder);
      setup.apply(options);
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
    } catch (ServeException e) {
      throw e;
    } catch (Throwable e) {
      throw OrtLibrary.failure("create a session", e);
    }
  }

  public void release(MemorySegment session) {
    OrtLibrary.release(releaseSession, session);
  }

  /** The graph is written as it should run: optimizers would only cost start-up time. */
  private MemorySegment options(Arena call, Path folder) throws Throwable {
    MemorySegment out = call.allocate(ADDRESS);
    call(10, out);
    MemorySegment options = out.get(ADDRESS, 0);
    call(120, options); // DisablePerSessionThreads
    call(13, options, SEQUENTIAL); // SetSessionExecutionMode
    call(17, options); // DisableMemPattern: shapes change from step to step
    call(23, options, NO_OPTIMIZERS); // SetSessionGraphOptimizationLevel
    MethodHandle addConfigEntry = library.statusFunction(130, ADDRESS, ADDRESS, ADDRESS);
    library.check(
        (MemorySegment)
            addConfigEntry.invokeExact(
                options,
                call.allocateFrom("session.model_external_initializers_file_folder_path"),
                call.allocateFrom(folder.toString())));
    return options;
  }

  private MemorySegment createEnvironment(int threads, boolean spin) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      call(121, out);
      MemorySegment threading = out.get(ADDRESS, 0);
      call(147, threading, threads); // SetGlobalIntraOpNumThreads
      call(148, threading, 1); // SetGlobalInterOpNumThreads
      call(149, threading, spin ? 1 : 0); // SetGlobalSpinControl
      call(155, threading); // SetGlobalDenormalAsZero
      MethodHandle create = library.statusFunction(119, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
      library.check(
          (MemorySegment)
              create.invokeExact(LOG_ERRORS, call.allocateFrom("talchum"), threading, out));
      OrtLibrary.release(library.function(122, FunctionDescriptor.ofVoid(ADDRESS)), threading);
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
