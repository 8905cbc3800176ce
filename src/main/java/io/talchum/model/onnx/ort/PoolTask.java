package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/** Work of a node that ONNX Runtime's threads share. One call at a time. */
public final class PoolTask {
  private final OrtKernels kernels;
  private final Work work;
  private final MemorySegment stub;
  private volatile @Nullable Throwable failure;

  /** One part of the work; called by any thread. */
  @FunctionalInterface
  public interface Work {
    void run(int index) throws Throwable;
  }

  public PoolTask(OrtKernels kernels, Arena arena, Work work) {
    this.kernels = kernels;
    this.work = work;
    try {
      FunctionDescriptor descriptor = FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG);
      this.stub =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup().bind(this, "call", descriptor.toMethodType()),
                  descriptor,
                  arena);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("PoolTask.call", e);
    }
  }

  /** Runs the parts 0 .. count-1 and waits; throws what any of them threw. */
  public void forEach(MemorySegment context, int count) throws Throwable {
    failure = null;
    if (count == 1) {
      work.run(0);
    } else if (count > 1) {
      kernels.parallelFor(context, stub, count);
    }
    Throwable thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }

  /**
   * {@code void task(void* unused, size_t index)}; an exception must not cross into native code.
   */
  @SuppressWarnings("unused") // called by name
  private void call(MemorySegment unused, long index) {
    try {
      work.run((int) index);
    } catch (Throwable e) {
      failure = e;
    }
  }
}
