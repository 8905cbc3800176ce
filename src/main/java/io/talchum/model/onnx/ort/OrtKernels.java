package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * What operators of our own need from ONNX Runtime: registration, and access to a running node's
 * tensors and threads.
 */
public final class OrtKernels {
  private final OrtLibrary library;
  private final MethodHandle kernelInput;
  private final MethodHandle kernelOutput;
  private final MethodHandle tensorData;
  private final MethodHandle parallelFor;

  public OrtKernels(OrtLibrary library) {
    this.library = library;
    tensorData = library.statusFunction(51, ADDRESS, ADDRESS);
    kernelInput = library.statusFunction(90, ADDRESS, JAVA_LONG, ADDRESS);
    kernelOutput = library.statusFunction(91, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS);
    parallelFor = library.statusFunction(274, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, ADDRESS);
  }

  /** A domain with operators, for sessions; lives as long as the process. */
  public MemorySegment createDomain(Arena arena, String domain, List<CustomOperator> operators) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(ADDRESS);
      MethodHandle create = library.statusFunction(26, ADDRESS, ADDRESS);
      library.check((MemorySegment) create.invokeExact(arena.allocateFrom(domain), out));
      MemorySegment created = out.get(ADDRESS, 0);
      MethodHandle add = library.statusFunction(27, ADDRESS, ADDRESS);
      for (CustomOperator operator : operators) {
        library.check((MemorySegment) add.invokeExact(created, operator.struct()));
      }
      return created;
    } catch (Throwable e) {
      throw OrtLibrary.failure("register operators", e);
    }
  }

  /** An integer attribute of the node that a kernel is made for. */
  long attribute(MemorySegment info, String attribute) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment out = call.allocate(JAVA_LONG);
      MethodHandle get = library.statusFunction(86, ADDRESS, ADDRESS, ADDRESS);
      library.check((MemorySegment) get.invokeExact(info, call.allocateFrom(attribute), out));
      return out.get(JAVA_LONG, 0);
    } catch (Throwable e) {
      throw OrtLibrary.failure("read attribute " + attribute, e);
    }
  }

  /**
   * Address of the data of a running node's input.
   *
   * @param scratch two pointers
   */
  public long input(MemorySegment context, long index, MemorySegment scratch) throws Throwable {
    library.check((MemorySegment) kernelInput.invokeExact(context, index, scratch));
    return data(scratch);
  }

  /** The same for its output 0 of the given shape, i64 [dimensions]. */
  public long output(
      MemorySegment context, MemorySegment shape, long dimensions, MemorySegment scratch)
      throws Throwable {
    library.check(
        (MemorySegment) kernelOutput.invokeExact(context, 0L, shape, dimensions, scratch));
    return data(scratch);
  }

  /**
   * Calls {@code void task(void* unused, size_t index)} for 0 .. count-1 on the pool's threads and
   * waits.
   */
  void parallelFor(MemorySegment context, MemorySegment task, long count) throws Throwable {
    library.check(
        (MemorySegment) parallelFor.invokeExact(context, task, count, 0L, MemorySegment.NULL));
  }

  private long data(MemorySegment scratch) throws Throwable {
    MemorySegment value = scratch.get(ADDRESS, 0);
    library.check(
        (MemorySegment)
            tensorData.invokeExact(value, scratch.asSlice(ADDRESS.byteSize(), ADDRESS.byteSize())));
    return scratch.get(JAVA_LONG, ADDRESS.byteSize());
  }
}
