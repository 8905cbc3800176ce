package io.talchum.model.onnx.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.device.DeviceMemory;
import io.talchum.model.onnx.ort.OrtLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * The CUDA runtime (libcudart, CUDA 12 or 13) through java.lang.foreign. Functions act on the
 * calling thread's device ({@link #use}). Thread-safe: one call at a time, because none may come
 * between while ONNX Runtime records a step ({@link #alone}).
 */
final class CudaRuntime {
  static final List<String> LIBRARIES = List.of("libcudart.so.13", "libcudart.so.12");

  private static final int COPY_BY_ADDRESS = 4; // cudaMemcpyDefault: addresses tell the direction
  private static final int MAX_MESSAGE_BYTES = 1024;

  private final Linker linker = Linker.nativeLinker();
  private final SymbolLookup library;
  private final MethodHandle setDevice;
  private final MethodHandle malloc;
  private final MethodHandle free;
  private final MethodHandle hostAlloc;
  private final MethodHandle freeHost;
  private final MethodHandle memoryInfo;
  private final MethodHandle deviceCount;
  private final MethodHandle createStream;
  private final MethodHandle destroyStream;
  private final MethodHandle awaitStream;
  private final MethodHandle copy;
  private final MethodHandle copyPieces;
  private final MethodHandle fill;
  private final MethodHandle errorText;

  /**
   * @param library where its functions are found
   */
  CudaRuntime(SymbolLookup library) {
    this.library = library;
    this.setDevice = function("cudaSetDevice", JAVA_INT);
    this.malloc = function("cudaMalloc", ADDRESS, JAVA_LONG);
    this.free = function("cudaFree", ADDRESS);
    this.hostAlloc = function("cudaHostAlloc", ADDRESS, JAVA_LONG, JAVA_INT);
    this.freeHost = function("cudaFreeHost", ADDRESS);
    this.memoryInfo = function("cudaMemGetInfo", ADDRESS, ADDRESS);
    this.deviceCount = function("cudaGetDeviceCount", ADDRESS);
    this.createStream = function("cudaStreamCreateWithFlags", ADDRESS, JAVA_INT);
    this.destroyStream = function("cudaStreamDestroy", ADDRESS);
    this.awaitStream = function("cudaStreamSynchronize", ADDRESS);
    this.copy = function("cudaMemcpyAsync", ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS);
    this.copyPieces =
        function(
            "cudaMemcpy2DAsync",
            ADDRESS,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS);
    this.fill = function("cudaMemsetAsync", ADDRESS, JAVA_INT, JAVA_LONG, ADDRESS);
    this.errorText =
        linker.downcallHandle(
            library.findOrThrow("cudaGetErrorString"), FunctionDescriptor.of(ADDRESS, JAVA_INT));
  }

  /** Number of devices. */
  synchronized int devices() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment count = call.allocate(JAVA_INT);
      check("count the devices", (int) deviceCount.invokeExact(count));
      return count.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Makes a device the calling thread's. */
  synchronized void use(int device) {
    try {
      check("use device " + device, (int) setDevice.invokeExact(device));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Free and total bytes of the device. */
  synchronized long[] memory() {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment free = call.allocate(JAVA_LONG);
      MemorySegment total = call.allocate(JAVA_LONG);
      check("tell its memory", (int) memoryInfo.invokeExact(free, total));
      return new long[] {free.get(JAVA_LONG, 0), total.get(JAVA_LONG, 0)};
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Memory of the device, freed with the arena. */
  synchronized MemorySegment allocate(Arena owner, int device, long bytes) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check("allocate " + bytes + " bytes", (int) malloc.invokeExact(out, bytes));
      return out.get(ADDRESS, 0).reinterpret(bytes, owner, memory -> free(device, memory));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Pinned memory of the host, freed with the arena. */
  synchronized MemorySegment allocateHost(Arena owner, long bytes) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check("pin " + bytes + " bytes", (int) hostAlloc.invokeExact(out, bytes, 0));
      return out.get(ADDRESS, 0)
          .reinterpret(bytes, owner, memory -> alone(() -> call(freeHost, memory)))
          .fill((byte) 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private synchronized void free(int device, MemorySegment memory) {
    use(device);
    call(free, memory);
  }

  /** Runs while no other thread calls a function. */
  synchronized void alone(Runnable action) {
    action.run();
  }

  /** A stream that does not wait for the default one. */
  synchronized MemorySegment createStream() {
    int nonBlocking = 1;
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      check("create a stream", (int) createStream.invokeExact(out, nonBlocking));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  synchronized void destroyStream(MemorySegment stream) {
    call(destroyStream, stream);
  }

  synchronized void await(MemorySegment stream) {
    call(awaitStream, stream);
  }

  synchronized void copy(MemorySegment from, MemorySegment to, MemorySegment stream) {
    try {
      check("copy", (int) copy.invokeExact(to, from, from.byteSize(), COPY_BY_ADDRESS, stream));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  synchronized void copyPieces(
      DeviceMemory.Pieces from,
      DeviceMemory.Pieces to,
      long bytes,
      int count,
      MemorySegment stream) {
    try {
      check(
          "copy",
          (int)
              copyPieces.invokeExact(
                  to.memory().asSlice(to.offset()),
                  to.distance(),
                  from.memory().asSlice(from.offset()),
                  from.distance(),
                  bytes,
                  (long) count,
                  COPY_BY_ADDRESS,
                  stream));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  synchronized void clear(MemorySegment memory, MemorySegment stream) {
    try {
      check("clear", (int) fill.invokeExact(memory, 0, memory.byteSize(), stream));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private void call(MethodHandle function, MemorySegment object) {
    try {
      check("go on", (int) function.invokeExact(object));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private void check(String action, int status) throws Throwable {
    if (status != 0) {
      MemorySegment text = (MemorySegment) errorText.invokeExact(status);
      throw new ServeException(
          ErrorCode.INTERNAL,
          "the GPU cannot %s: %s (CUDA error %d)"
              .formatted(action, text.reinterpret(MAX_MESSAGE_BYTES).getString(0), status));
    }
  }

  private static ServeException failure(Throwable cause) {
    return cause instanceof ServeException known
        ? known
        : OrtLibrary.failure("reach the CUDA runtime", cause);
  }

  private MethodHandle function(String name, MemoryLayout... arguments) {
    return linker.downcallHandle(
        library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
  }
}
