package io.talchum.model.onnx;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An NVIDIA GPU: copies and ONNX Runtime's CUDA provider share one stream. */
final class CudaDevice implements Device {
  private static final int LOG_FATAL = 4;
  private static final int DEVICE_ALLOCATOR = 0;
  private static final int MEMORY_TYPE_DEFAULT = 0;

  private final OrtLibrary library;
  private final CudaRuntime cuda;
  private final int number;
  private final MemorySegment stream;
  private final MemorySegment memoryInfo;

  /**
   * @param number of the device, from 0
   */
  CudaDevice(OrtLibrary library, CudaRuntime cuda, int number) {
    this.library = library;
    this.cuda = cuda;
    this.number = number;
    cuda.use(number);
    this.stream = cuda.createStream();
    this.memoryInfo = memoryInfo(library, number);
  }

  /** An OrtMemoryInfo; any build of ONNX Runtime makes one. */
  static MemorySegment memoryInfo(OrtLibrary library, int number) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      library.check(
          (MemorySegment)
              library
                  .statusFunction(68, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS)
                  .invokeExact(
                      call.allocateFrom("Cuda"),
                      DEVICE_ALLOCATOR,
                      number,
                      MEMORY_TYPE_DEFAULT,
                      out));
      return out.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("describe the GPU's memory", e);
    }
  }

  @Override
  public MemorySegment allocate(Arena owner, long bytes) {
    cuda.use(number);
    MemorySegment memory = cuda.allocate(owner, number, Math.max(bytes, 1));
    clear(memory);
    return memory;
  }

  @Override
  public MemorySegment allocateHost(Arena owner, long bytes) {
    cuda.use(number);
    return cuda.allocateHost(owner, Math.max(bytes, 1));
  }

  @Override
  public MemorySegment place(Arena owner, MemorySegment host) {
    cuda.use(number);
    MemorySegment memory = cuda.allocate(owner, number, host.byteSize());
    copy(host, memory);
    return memory;
  }

  @Override
  public void copy(MemorySegment from, MemorySegment to) {
    cuda.copy(from, to, stream);
  }

  @Override
  public void copyPieces(Pieces from, Pieces to, long bytes, int count) {
    cuda.copyPieces(from, to, bytes, count, stream);
  }

  @Override
  public void clear(MemorySegment memory) {
    cuda.clear(memory, stream);
  }

  @Override
  public void await() {
    cuda.await(stream);
  }

  @Override
  public MemorySegment memoryInfo() {
    return memoryInfo;
  }

  @Override
  public long freeBytes() {
    cuda.use(number);
    return cuda.memory()[0];
  }

  @Override
  public void addProvider(MemorySegment sessionOptions) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("device_id", Integer.toString(number));
    settings.put("user_compute_stream", Long.toString(stream.address()));
    settings.put("arena_extend_strategy", "kSameAsRequested");
    try {
      addProvider(library, sessionOptions, settings);
    } catch (Throwable e) {
      throw OrtLibrary.failure("use the GPU", e);
    }
  }

  /** What ONNX Runtime says when its provider cannot be loaded; null if it can. */
  static @Nullable String providerProblem(OrtLibrary library) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment environment = environment(library, call);
      try {
        MemorySegment out = call.allocate(ADDRESS);
        library.check((MemorySegment) library.statusFunction(10, ADDRESS).invokeExact(out));
        MemorySegment sessionOptions = out.get(ADDRESS, 0);
        addProvider(library, sessionOptions, Map.of());
        OrtLibrary.release(
            library.function(100, FunctionDescriptor.ofVoid(ADDRESS)), sessionOptions);
        return null;
      } finally {
        OrtLibrary.release(library.function(92, FunctionDescriptor.ofVoid(ADDRESS)), environment);
      }
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** For this attempt alone: without one the provider's messages end the process. */
  private static MemorySegment environment(OrtLibrary library, Arena call) throws Throwable {
    MemorySegment out = call.allocate(ADDRESS);
    library.check(
        (MemorySegment)
            library
                .statusFunction(3, JAVA_INT, ADDRESS, ADDRESS)
                .invokeExact(LOG_FATAL, call.allocateFrom("talchum"), out));
    return out.get(ADDRESS, 0);
  }

  private static void addProvider(
      OrtLibrary library, MemorySegment sessionOptions, Map<String, String> settings)
      throws Throwable {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      library.check((MemorySegment) library.statusFunction(205, ADDRESS).invokeExact(out));
      MemorySegment options = out.get(ADDRESS, 0);
      if (!settings.isEmpty()) {
        library.check(
            (MemorySegment)
                library
                    .statusFunction(206, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG)
                    .invokeExact(
                        options,
                        texts(call, settings.keySet()),
                        texts(call, settings.values()),
                        (long) settings.size()));
      }
      library.check(
          (MemorySegment)
              library.statusFunction(204, ADDRESS, ADDRESS).invokeExact(sessionOptions, options));
      OrtLibrary.release(library.function(208, FunctionDescriptor.ofVoid(ADDRESS)), options);
    }
  }

  private static MemorySegment texts(Arena arena, Iterable<String> texts) {
    java.util.List<MemorySegment> pointers = new java.util.ArrayList<>();
    texts.forEach(text -> pointers.add(arena.allocateFrom(text)));
    MemorySegment array = arena.allocate(ADDRESS, pointers.size());
    for (int i = 0; i < pointers.size(); i++) {
      array.setAtIndex(ADDRESS, i, pointers.get(i));
    }
    return array;
  }

  @Override
  public void close() {
    cuda.use(number);
    cuda.destroyStream(stream);
    OrtLibrary.release(library.function(94, FunctionDescriptor.ofVoid(ADDRESS)), memoryInfo);
  }
}
