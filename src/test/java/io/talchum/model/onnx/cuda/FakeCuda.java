package io.talchum.model.onnx.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The functions of libcudart that {@link CudaRuntime} calls, over this process's memory: the
 * methods have their names and C types.
 */
final class FakeCuda implements SymbolLookup {
  private static final long STREAM = 0x1234;
  private static final int INVALID = 1;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment message =
      arena.allocateFrom("invalid argument", StandardCharsets.US_ASCII);

  /** Addresses that were not freed. */
  final Set<Long> allocated = new HashSet<>();

  @Override
  public Optional<MemorySegment> find(String name) {
    return Arrays.stream(FakeCuda.class.getDeclaredMethods())
        .filter(method -> method.getName().equals(name))
        .findFirst()
        .map(this::stub);
  }

  private MemorySegment stub(Method method) {
    try {
      var arguments =
          Arrays.stream(method.getParameterTypes())
              .map(FakeCuda::layout)
              .toArray(java.lang.foreign.MemoryLayout[]::new);
      return Linker.nativeLinker()
          .upcallStub(
              MethodHandles.lookup()
                  .bind(
                      this,
                      method.getName(),
                      MethodType.methodType(method.getReturnType(), method.getParameterTypes())),
              FunctionDescriptor.of(layout(method.getReturnType()), arguments),
              arena);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static ValueLayout layout(Class<?> type) {
    return type == int.class ? JAVA_INT : type == long.class ? JAVA_LONG : ADDRESS;
  }

  int cudaSetDevice(int device) {
    return device < 2 ? 0 : INVALID;
  }

  int cudaGetDeviceCount(MemorySegment count) {
    count.reinterpret(4).set(JAVA_INT, 0, 2);
    return 0;
  }

  int cudaMemGetInfo(MemorySegment free, MemorySegment total) {
    free.reinterpret(8).set(JAVA_LONG, 0, 7_000_000_000L);
    total.reinterpret(8).set(JAVA_LONG, 0, 8_000_000_000L);
    return 0;
  }

  int cudaMalloc(MemorySegment out, long bytes) {
    MemorySegment memory = arena.allocate(bytes, 64);
    memory.fill((byte) 0x55); // as dirty as a device's
    allocated.add(memory.address());
    out.reinterpret(8).set(ADDRESS, 0, memory);
    return 0;
  }

  int cudaFree(MemorySegment memory) {
    return allocated.remove(memory.address()) ? 0 : INVALID;
  }

  int cudaHostAlloc(MemorySegment out, long bytes, int flags) {
    return flags == 0 ? cudaMalloc(out, bytes) : INVALID;
  }

  int cudaFreeHost(MemorySegment memory) {
    return cudaFree(memory);
  }

  int cudaStreamCreateWithFlags(MemorySegment out, int flags) {
    out.reinterpret(8).set(JAVA_LONG, 0, STREAM);
    return flags == 1 ? 0 : INVALID;
  }

  int cudaStreamDestroy(MemorySegment stream) {
    return cudaStreamSynchronize(stream);
  }

  int cudaStreamSynchronize(MemorySegment stream) {
    return stream.address() == STREAM ? 0 : INVALID;
  }

  int cudaMemcpyAsync(
      MemorySegment to, MemorySegment from, long bytes, int kind, MemorySegment stream) {
    MemorySegment.copy(from.reinterpret(bytes), 0, to.reinterpret(bytes), 0, bytes);
    return kind == 4 ? cudaStreamSynchronize(stream) : INVALID;
  }

  int cudaMemcpy2DAsync(
      MemorySegment to,
      long toPitch,
      MemorySegment from,
      long fromPitch,
      long width,
      long height,
      int kind,
      MemorySegment stream) {
    if (kind != 4 || width > toPitch || width > fromPitch) {
      return INVALID;
    }
    for (long row = 0; row < height; row++) {
      MemorySegment.copy(
          from.reinterpret(row * fromPitch + width),
          row * fromPitch,
          to.reinterpret(row * toPitch + width),
          row * toPitch,
          width);
    }
    return cudaStreamSynchronize(stream);
  }

  int cudaMemsetAsync(MemorySegment memory, int value, long bytes, MemorySegment stream) {
    memory.reinterpret(bytes).fill((byte) value);
    return cudaStreamSynchronize(stream);
  }

  MemorySegment cudaGetErrorString(int error) {
    return message;
  }
}
