package io.talchum.model.onnx.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.talchum.model.onnx.device.DeviceProvider;
import io.talchum.model.onnx.ort.OrtLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime's CUDA provider, through its C API, on the stream of a {@link CudaMemory}. */
final class CudaExecution implements DeviceProvider {
  private static final int LOG_FATAL = 4;
  private static final int DEVICE_ALLOCATOR = 0;
  private static final int MEMORY_TYPE_DEFAULT = 0;

  private final OrtLibrary library;
  private final int number;
  private final MemorySegment stream;
  private final MemorySegment memoryInfo;

  /**
   * @param number of the device, from 0
   */
  CudaExecution(OrtLibrary library, int number, MemorySegment stream) {
    this.library = library;
    this.number = number;
    this.stream = stream;
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
  public MemorySegment memoryInfo() {
    return memoryInfo;
  }

  @Override
  public void addTo(MemorySegment sessionOptions, boolean captures) {
    try {
      addProvider(library, sessionOptions, settings(captures));
    } catch (Throwable e) {
      throw OrtLibrary.failure("use the GPU", e);
    }
  }

  /** The provider's options. Capturing takes one stream for all, which ours is. */
  Map<String, String> settings(boolean captures) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("device_id", Integer.toString(number));
    settings.put("user_compute_stream", Long.toString(stream.address()));
    settings.put("arena_extend_strategy", "kSameAsRequested");
    if (captures) {
      settings.put("enable_cuda_graph", "1");
    }
    return settings;
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
    OrtLibrary.release(library.function(94, FunctionDescriptor.ofVoid(ADDRESS)), memoryInfo);
  }
}
