package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Tensors over memory of our own, and runs of sessions over bound tensors. Thread-safe. */
public final class OrtTensors {
  private static final int ARENA_ALLOCATOR = 1;
  private static final int MEMORY_TYPE_DEFAULT = 0;

  private final OrtLibrary library;
  private final MemorySegment cpuMemory;
  private final MethodHandle createTensor;
  private final MethodHandle releaseValue;
  private final MethodHandle createBinding;
  private final MethodHandle releaseBinding;
  private final MethodHandle bindInput;
  private final MethodHandle bindOutput;
  private final MethodHandle runWithBinding;
  private final MethodHandle releaseRunOptions;

  public OrtTensors(OrtLibrary library) {
    this.library = library;
    createTensor =
        library.statusFunction(
            49, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    releaseValue = library.function(96, FunctionDescriptor.ofVoid(ADDRESS));
    runWithBinding = library.statusFunction(133, ADDRESS, ADDRESS, ADDRESS);
    createBinding = library.statusFunction(134, ADDRESS, ADDRESS);
    releaseBinding = library.function(135, FunctionDescriptor.ofVoid(ADDRESS));
    bindInput = library.statusFunction(136, ADDRESS, ADDRESS, ADDRESS);
    bindOutput = library.statusFunction(137, ADDRESS, ADDRESS, ADDRESS);
    releaseRunOptions = library.function(97, FunctionDescriptor.ofVoid(ADDRESS));
    this.cpuMemory = createCpuMemoryInfo();
  }

  /** Memory that reads as zeros and costs nothing until it is touched; freed with the arena. */
  public MemorySegment allocateZeroed(Arena owner, long bytes) {
    return library.allocateZeroed(owner, bytes);
  }

  /**
   * A tensor over memory that the caller keeps alive; nothing is copied.
   *
   * @return an OrtValue, to be released with {@link #releaseValue}
   */
  public MemorySegment tensor(MemorySegment data, ElementType type, long... shape) {
    return tensor(cpuMemory, data, type, shape);
  }

  /** The same over memory of another kind (OrtMemoryInfo). */
  public MemorySegment tensor(
      MemorySegment memoryInfo, MemorySegment data, ElementType type, long... shape) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      library.check(
          (MemorySegment)
              createTensor.invokeExact(
                  memoryInfo,
                  data,
                  data.byteSize(),
                  call.allocateFrom(JAVA_LONG, shape),
                  (long) shape.length,
                  type.onnx(),
                  out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("create a tensor", e);
    }
  }

  /** Describes the memory of this process. */
  public MemorySegment cpuMemory() {
    return cpuMemory;
  }

  public void releaseValue(MemorySegment value) {
    OrtLibrary.release(releaseValue, value);
  }

  public MemorySegment createBinding(MemorySegment session) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      library.check((MemorySegment) createBinding.invokeExact(session, out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("create a binding", e);
    }
  }

  public void releaseBinding(MemorySegment binding) {
    OrtLibrary.release(releaseBinding, binding);
  }

  public void bindInput(MemorySegment binding, MemorySegment name, MemorySegment value) {
    try {
      library.check((MemorySegment) bindInput.invokeExact(binding, name, value));
    } catch (Throwable e) {
      throw OrtLibrary.failure("bind input " + name.getString(0), e);
    }
  }

  public void bindOutput(MemorySegment binding, MemorySegment name, MemorySegment value) {
    try {
      library.check((MemorySegment) bindOutput.invokeExact(binding, name, value));
    } catch (Throwable e) {
      throw OrtLibrary.failure("bind output " + name.getString(0), e);
    }
  }

  /**
   * Options for {@link #run} (OrtRunOptions), to be released with {@link #releaseRunOptions}.
   *
   * @param key of one entry (onnxruntime_run_options_config_keys.h)
   */
  public MemorySegment runOptions(String key, String value) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      library.check((MemorySegment) library.statusFunction(39, ADDRESS).invokeExact(out));
      MemorySegment options = out.get(ADDRESS, 0);
      library.check(
          (MemorySegment)
              library
                  .statusFunction(165, ADDRESS, ADDRESS, ADDRESS) // AddRunConfigEntry
                  .invokeExact(options, call.allocateFrom(key), call.allocateFrom(value)));
      return options;
    } catch (Throwable e) {
      throw OrtLibrary.failure("take the run option " + key, e);
    }
  }

  public void releaseRunOptions(MemorySegment options) {
    OrtLibrary.release(releaseRunOptions, options);
  }

  /**
   * @param options of {@link #runOptions}, or NULL
   */
  public void run(MemorySegment session, MemorySegment options, MemorySegment binding) {
    try {
      library.check((MemorySegment) runWithBinding.invokeExact(session, options, binding));
    } catch (Throwable e) {
      throw OrtLibrary.failure("run the model", e);
    }
  }

  private MemorySegment createCpuMemoryInfo() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      MethodHandle create = library.statusFunction(69, JAVA_INT, JAVA_INT, ADDRESS);
      library.check((MemorySegment) create.invokeExact(ARENA_ALLOCATOR, MEMORY_TYPE_DEFAULT, out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("describe CPU memory", e);
    }
  }
}
