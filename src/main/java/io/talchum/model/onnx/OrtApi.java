package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The part of ONNX Runtime's C API that its Java API lacks, called through java.lang.foreign:
 * sessions that share weights, and runs over bound tensors. The Java API loads the library and owns
 * environment and session options.
 *
 * <p>Functions are taken from {@code struct OrtApi} by index; the struct is append-only
 * (onnxruntime_c_api.h, API version 29). Thread-safe.
 */
final class OrtApi {
  private static final int API_VERSION = 29;
  private static final int API_FUNCTIONS = 400;
  private static final int MAX_MESSAGE_BYTES = 8192;
  private static final int ARENA_ALLOCATOR = 1;
  private static final int MEMORY_TYPE_DEFAULT = 0;

  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment functions;
  private final OrtEnvironment environment;
  private final MemorySegment cpuMemory;

  private final MethodHandle getErrorMessage;
  private final MethodHandle createTensor;
  private final MethodHandle releaseStatus;
  private final MethodHandle releaseSession;
  private final MethodHandle releaseValue;
  private final MethodHandle runWithBinding;
  private final MethodHandle createBinding;
  private final MethodHandle releaseBinding;
  private final MethodHandle bindInput;
  private final MethodHandle bindOutput;
  private final MethodHandle addInitializer;
  private final MethodHandle createContainer;
  private final MethodHandle releaseContainer;
  private final MethodHandle createSession;
  private final MethodHandle kernelInput;
  private final MethodHandle kernelOutput;
  private final MethodHandle tensorData;
  private final MethodHandle parallelFor;

  /** Loads the runtime and its process-wide thread pool. */
  static OrtApi load(int threads, boolean spin) {
    disableTelemetry();
    try {
      OrtEnvironment.ThreadingOptions threading = new OrtEnvironment.ThreadingOptions();
      threading.setGlobalIntraOpNumThreads(threads);
      threading.setGlobalInterOpNumThreads(1);
      threading.setGlobalSpinControl(spin);
      threading.setGlobalDenormalAsZero();
      return new OrtApi(
          OrtEnvironment.getEnvironment(
              ai.onnxruntime.OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "talchum", threading));
    } catch (OrtException e) {
      throw new ServeException(
          ErrorCode.INTERNAL, "ONNX Runtime does not start: " + e.getMessage(), e);
    } catch (IllegalStateException e) {
      // The environment is one per process; a second executor shares its pool.
      return new OrtApi(OrtEnvironment.getEnvironment());
    }
  }

  private OrtApi(OrtEnvironment environment) {
    this.environment = environment;
    this.functions = findApi();
    getErrorMessage = function(2, FunctionDescriptor.of(ADDRESS, ADDRESS));
    createTensor =
        function(
            49,
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS));
    releaseStatus = function(93, FunctionDescriptor.ofVoid(ADDRESS));
    releaseSession = function(95, FunctionDescriptor.ofVoid(ADDRESS));
    releaseValue = function(96, FunctionDescriptor.ofVoid(ADDRESS));
    runWithBinding = function(133, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    createBinding = function(134, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    releaseBinding = function(135, FunctionDescriptor.ofVoid(ADDRESS));
    bindInput = function(136, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    bindOutput = function(137, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    addInitializer = function(150, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    createContainer = function(166, FunctionDescriptor.of(ADDRESS, ADDRESS));
    releaseContainer = function(167, FunctionDescriptor.ofVoid(ADDRESS));
    createSession =
        function(
            169,
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
    kernelInput = function(90, FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));
    kernelOutput =
        function(
            91, FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS));
    tensorData = function(51, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
    parallelFor =
        function(
            274, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS));
    this.cpuMemory = createCpuMemoryInfo();
  }

  /**
   * A tensor over memory that the caller keeps alive; nothing is copied.
   *
   * @return an OrtValue, to be released with {@link #releaseValue}
   */
  MemorySegment tensor(MemorySegment data, ElementType type, long... shape) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check(
          (MemorySegment)
              createTensor.invokeExact(
                  cpuMemory,
                  data,
                  data.byteSize(),
                  call.allocateFrom(JAVA_LONG, shape),
                  (long) shape.length,
                  type.onnx(),
                  out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure("create a tensor", e);
    }
  }

  void releaseValue(MemorySegment value) {
    release(releaseValue, value);
  }

  /** A container in which sessions share the weights that ONNX Runtime reorders for its kernels. */
  MemorySegment createPrepackedWeights() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check((MemorySegment) createContainer.invokeExact(out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure("create the container of prepacked weights", e);
    }
  }

  void releasePrepackedWeights(MemorySegment container) {
    release(releaseContainer, container);
  }

  /** Makes the graph's initializer of that name this value. */
  void addInitializer(OrtSession.SessionOptions options, MemorySegment name, MemorySegment value) {
    try {
      check((MemorySegment) addInitializer.invokeExact(handle(options), name, value));
    } catch (Throwable e) {
      throw failure("share an initializer", e);
    }
  }

  /** A session over a serialized model, to be released with {@link #releaseSession}. */
  MemorySegment createSession(
      byte[] model, OrtSession.SessionOptions options, MemorySegment container) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment bytes = call.allocate(model.length);
      MemorySegment.copy(model, 0, bytes, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, model.length);
      MemorySegment out = call.allocate(ADDRESS);
      check(
          (MemorySegment)
              createSession.invokeExact(
                  handle(environment),
                  bytes,
                  (long) model.length,
                  handle(options),
                  container,
                  out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure("create a session", e);
    }
  }

  void releaseSession(MemorySegment session) {
    release(releaseSession, session);
  }

  MemorySegment createBinding(MemorySegment session) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check((MemorySegment) createBinding.invokeExact(session, out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure("create a binding", e);
    }
  }

  void releaseBinding(MemorySegment binding) {
    release(releaseBinding, binding);
  }

  void bindInput(MemorySegment binding, MemorySegment name, MemorySegment value) {
    try {
      check((MemorySegment) bindInput.invokeExact(binding, name, value));
    } catch (Throwable e) {
      throw failure("bind input " + name.getString(0), e);
    }
  }

  void bindOutput(MemorySegment binding, MemorySegment name, MemorySegment value) {
    try {
      check((MemorySegment) bindOutput.invokeExact(binding, name, value));
    } catch (Throwable e) {
      throw failure("bind output " + name.getString(0), e);
    }
  }

  void run(MemorySegment session, MemorySegment binding) {
    try {
      check((MemorySegment) runWithBinding.invokeExact(session, MemorySegment.NULL, binding));
    } catch (Throwable e) {
      throw failure("run the model", e);
    }
  }

  /** A domain of own operators for {@link #addOperators}; lives as long as the process. */
  MemorySegment createOperatorDomain(Arena arena, String domain, CustomOperator operator) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      MethodHandle create = function(26, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
      check((MemorySegment) create.invokeExact(name(arena, domain), out));
      MemorySegment created = out.get(ADDRESS, 0);
      MethodHandle add = function(27, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
      check((MemorySegment) add.invokeExact(created, operator.struct()));
      return created;
    } catch (Throwable e) {
      throw failure("register operators", e);
    }
  }

  void addOperators(OrtSession.SessionOptions options, MemorySegment domain) {
    try {
      MethodHandle add = function(28, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS));
      check((MemorySegment) add.invokeExact(handle(options), domain));
    } catch (Throwable e) {
      throw failure("add operators to a session", e);
    }
  }

  /** An integer attribute of the node that a kernel is made for. */
  long kernelAttribute(MemorySegment info, String attribute) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(JAVA_LONG);
      MethodHandle get = function(86, FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
      check((MemorySegment) get.invokeExact(info, call.allocateFrom(attribute), out));
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw failure("read attribute " + attribute, e);
    }
  }

  /**
   * Address of the data of a running kernel's input.
   *
   * @param scratch two pointers
   */
  long kernelInput(MemorySegment context, long index, MemorySegment scratch) throws Throwable {
    check((MemorySegment) kernelInput.invokeExact(context, index, scratch));
    return tensorData(scratch);
  }

  /** The same for an output of the given shape, i64 [dimensions]. */
  long kernelOutput(
      MemorySegment context, MemorySegment shape, long dimensions, MemorySegment scratch)
      throws Throwable {
    check((MemorySegment) kernelOutput.invokeExact(context, 0L, shape, dimensions, scratch));
    return tensorData(scratch);
  }

  private long tensorData(MemorySegment scratch) throws Throwable {
    MemorySegment value = scratch.get(ADDRESS, 0);
    check(
        (MemorySegment)
            tensorData.invokeExact(value, scratch.asSlice(ADDRESS.byteSize(), ADDRESS.byteSize())));
    return scratch.get(JAVA_LONG, ADDRESS.byteSize());
  }

  /**
   * Calls {@code void task(void* unused, size_t index)} for 0 .. count-1 on the pool's threads and
   * waits.
   */
  void parallelFor(MemorySegment context, MemorySegment task, long count) throws Throwable {
    check((MemorySegment) parallelFor.invokeExact(context, task, count, 0L, MemorySegment.NULL));
  }

  private MemorySegment findApi() {
    try {
      SymbolLookup library = SymbolLookup.libraryLookup(libraryPath(), Arena.global());
      MemorySegment getApiBase =
          library
              .find("OrtGetApiBase")
              .orElseThrow(() -> new IllegalStateException("libonnxruntime has no OrtGetApiBase"));
      MemorySegment base =
          (MemorySegment)
              linker.downcallHandle(getApiBase, FunctionDescriptor.of(ADDRESS)).invokeExact();
      MemorySegment getApi = base.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
      MemorySegment api =
          (MemorySegment)
              linker
                  .downcallHandle(getApi, FunctionDescriptor.of(ADDRESS, JAVA_INT))
                  .invokeExact(API_VERSION);
      if (api.address() == 0) {
        throw new IllegalStateException(
            "the ONNX Runtime library is older than C API version " + API_VERSION);
      }
      return api.reinterpret(API_FUNCTIONS * ADDRESS.byteSize());
    } catch (Throwable e) {
      throw failure("find the C API", e);
    }
  }

  private MemorySegment createCpuMemoryInfo() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      MethodHandle create =
          function(69, FunctionDescriptor.of(ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
      check((MemorySegment) create.invokeExact(ARENA_ALLOCATOR, MEMORY_TYPE_DEFAULT, out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure("describe CPU memory", e);
    }
  }

  private MethodHandle function(int index, FunctionDescriptor descriptor) {
    return linker.downcallHandle(functions.getAtIndex(ADDRESS, index), descriptor);
  }

  /** Throws the status's message; a null status is success. */
  private void check(MemorySegment status) throws Throwable {
    if (status.address() == 0) {
      return;
    }
    MemorySegment text = (MemorySegment) getErrorMessage.invokeExact(status);
    String message = text.reinterpret(MAX_MESSAGE_BYTES).getString(0);
    releaseStatus.invokeExact(status);
    throw new OrtFailure(message);
  }

  private static void release(MethodHandle function, MemorySegment object) {
    try {
      function.invokeExact(object);
    } catch (Throwable e) {
      throw failure("release an object", e);
    }
  }

  private static ServeException failure(String action, Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new ServeException(
        ErrorCode.INTERNAL, "ONNX Runtime cannot " + action + ": " + cause.getMessage(), cause);
  }

  /** The C object behind a Java one; the Java API keeps it in a private field. */
  private static MemorySegment handle(Object owner) throws ReflectiveOperationException {
    var field = owner.getClass().getDeclaredField("nativeHandle");
    field.setAccessible(true);
    return MemorySegment.ofAddress(field.getLong(owner));
  }

  /** The library that the Java API loaded; it extracts it to a temporary folder of its choice. */
  private static Path libraryPath() throws IOException {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.endsWith("/libonnxruntime.so"))
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("libonnxruntime.so is not loaded"));
    }
  }

  /**
   * ONNX Runtime 1.29 reports usage to its vendor unless this variable is set before it is loaded.
   * A server of other people's prompts reports nothing; and on some machines the reporting thread
   * crashes the process.
   */
  private static void disableTelemetry() {
    Linker linker = Linker.nativeLinker();
    try (Arena call = Arena.ofConfined()) {
      MethodHandle setenv =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("setenv"),
              FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
      int status =
          (int)
              setenv.invokeExact(
                  call.allocateFrom("ORT_DISABLE_TELEMETRY"), call.allocateFrom("1"), 1);
      if (status != 0) {
        throw new IllegalStateException("setenv returned " + status);
      }
    } catch (Throwable e) {
      throw failure("be told to report nothing", e);
    }
  }

  /** A name as a C string that lives as long as the arena. */
  static MemorySegment name(Arena arena, String name) {
    return arena.allocateFrom(name);
  }

  /** Memory that reads as zeros and costs nothing until it is touched; freed with the arena. */
  MemorySegment allocateZeroed(Arena owner, long bytes) {
    try {
      MethodHandle calloc =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("calloc"),
              FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG));
      MethodHandle free =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("free"), FunctionDescriptor.ofVoid(ADDRESS));
      MemorySegment raw = (MemorySegment) calloc.invokeExact(1L, bytes + ALIGNMENT);
      if (raw.address() == 0) {
        throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
      }
      long address = raw.address();
      MemorySegment whole =
          raw.reinterpret(bytes + ALIGNMENT, owner, segment -> release(free, ofAddress(address)));
      return whole.asSlice(-address & (ALIGNMENT - 1), bytes);
    } catch (Throwable e) {
      throw failure("allocate " + bytes + " bytes", e);
    }
  }

  private static final long ALIGNMENT = 64;

  private static MemorySegment ofAddress(long address) {
    return MemorySegment.ofAddress(address);
  }

  /** A status that ONNX Runtime returned. */
  private static final class OrtFailure extends Exception {
    private static final long serialVersionUID = 1L;

    OrtFailure(String message) {
      super(message);
    }
  }
}
