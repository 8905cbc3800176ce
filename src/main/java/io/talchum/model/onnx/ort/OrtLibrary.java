package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

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
import java.util.Objects;
import java.util.stream.Stream;

/**
 * ONNX Runtime's C API by index into {@code struct OrtApi}, which is append-only
 * (onnxruntime_c_api.h, API version 29). The Java API only brings and loads the library: its
 * environment would be destroyed by a shutdown hook of its own while requests still run.
 * Thread-safe.
 */
public final class OrtLibrary {
  private static final int API_VERSION = 29;
  private static final int API_FUNCTIONS = 400;
  private static final int MAX_MESSAGE_BYTES = 8192;

  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment functions;
  private final MethodHandle getErrorMessage;
  private final MethodHandle releaseStatus;

  public OrtLibrary() {
    disableTelemetry();
    try (OrtSession.SessionOptions loaded = new OrtSession.SessionOptions()) {
      this.functions = findApi();
    }
    this.getErrorMessage = function(2, FunctionDescriptor.of(ADDRESS, ADDRESS));
    this.releaseStatus = function(93, FunctionDescriptor.ofVoid(ADDRESS));
  }

  /** Where the library lies; it looks there for its providers. */
  public Path folder() {
    try {
      return Objects.requireNonNull(libraryPath().getParent());
    } catch (IOException e) {
      throw failure("be found", e);
    }
  }

  public MethodHandle function(int index, FunctionDescriptor descriptor) {
    return linker.downcallHandle(functions.getAtIndex(ADDRESS, index), descriptor);
  }

  /** A function that returns OrtStatus*. */
  public MethodHandle statusFunction(int index, java.lang.foreign.MemoryLayout... arguments) {
    return function(index, FunctionDescriptor.of(ADDRESS, arguments));
  }

  /** Throws the status's message; a null status is success. */
  public void check(MemorySegment status) throws Throwable {
    if (status.address() == 0) {
      return;
    }
    MemorySegment text = (MemorySegment) getErrorMessage.invokeExact(status);
    String message = text.reinterpret(MAX_MESSAGE_BYTES).getString(0);
    releaseStatus.invokeExact(status);
    throw new Failure(message);
  }

  /** What a caller throws when a call failed. */
  public static ServeException failure(String action, Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return new ServeException(
        ErrorCode.INTERNAL, "ONNX Runtime cannot " + action + ": " + cause.getMessage(), cause);
  }

  /** Memory that reads as zeros and costs nothing until it is touched; freed with the arena. */
  MemorySegment allocateZeroed(Arena owner, long bytes) {
    long alignment = 64;
    try {
      MethodHandle calloc = libc("calloc", FunctionDescriptor.of(ADDRESS, JAVA_LONG, JAVA_LONG));
      MethodHandle free = libc("free", FunctionDescriptor.ofVoid(ADDRESS));
      MemorySegment raw = (MemorySegment) calloc.invokeExact(1L, bytes + alignment);
      long address = raw.address();
      if (address == 0) {
        throw new OutOfMemoryError("no " + bytes + " bytes of native memory");
      }
      return raw.reinterpret(
              bytes + alignment, owner, gone -> release(free, MemorySegment.ofAddress(address)))
          .asSlice(-address & (alignment - 1), bytes);
    } catch (Throwable e) {
      throw failure("have " + bytes + " bytes of memory", e);
    }
  }

  public static void release(MethodHandle function, MemorySegment object) {
    try {
      function.invokeExact(object);
    } catch (Throwable e) {
      throw failure("release an object", e);
    }
  }

  /**
   * ONNX Runtime 1.29 reports usage to its vendor unless this variable is set before it is loaded;
   * a server of other people's prompts reports nothing (docs/adr/0003).
   */
  private void disableTelemetry() {
    try (Arena call = Arena.ofConfined()) {
      MethodHandle setenv =
          libc("setenv", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
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

  private MethodHandle libc(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }

  private MemorySegment findApi() {
    try {
      SymbolLookup library = SymbolLookup.libraryLookup(libraryPath(), Arena.global());
      MemorySegment base =
          (MemorySegment)
              linker
                  .downcallHandle(
                      library.findOrThrow("OrtGetApiBase"), FunctionDescriptor.of(ADDRESS))
                  .invokeExact();
      MemorySegment getApi = base.reinterpret(ADDRESS.byteSize()).get(ADDRESS, 0);
      MemorySegment api =
          (MemorySegment)
              linker
                  .downcallHandle(getApi, FunctionDescriptor.of(ADDRESS, JAVA_INT))
                  .invokeExact(API_VERSION);
      if (api.address() == 0) {
        throw new IllegalStateException("the library is older than C API version " + API_VERSION);
      }
      return api.reinterpret(API_FUNCTIONS * ADDRESS.byteSize());
    } catch (Throwable e) {
      throw failure("be found", e);
    }
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

  /** A status that ONNX Runtime returned. */
  private static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    Failure(String message) {
      super(message);
    }
  }
}
