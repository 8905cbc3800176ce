package io.talchum.model.onnx.ort;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * An ONNX operator whose kernel is a Java method: {@code struct OrtCustomOp} (onnxruntime_c_api.h,
 * version 18) filled with upcall stubs. Float inputs, one float output that may take the second
 * input's memory.
 */
public final class CustomOperator {
  private static final int VERSION = 18;
  private static final int POINTERS = 26;
  private static final int OUTPUTS = 1;
  private static final int REQUIRED = 0;

  /**
   * Called by ONNX Runtime for each node of this operator, on the thread that runs the session.
   * Must not throw.
   */
  @FunctionalInterface
  public interface Kernel {
    /**
     * @param node the node's number, from its attribute {@value CustomOperator#NODE}
     * @param context OrtKernelContext, valid during the call
     */
    void compute(long node, MemorySegment context);
  }

  public static final String NODE = "node";

  private final Arena arena;
  private final OrtKernels kernels;
  private final int inputs;
  private final Kernel kernel;
  private final MemorySegment name;
  private final MemorySegment struct;
  private final MemorySegment zero; // int [1]
  private final MemorySegment one;

  public CustomOperator(OrtKernels kernels, Arena arena, String name, int inputs, Kernel kernel) {
    this.kernels = kernels;
    this.arena = arena;
    this.inputs = inputs;
    this.kernel = kernel;
    this.name = arena.allocateFrom(name);
    this.zero = arena.allocateFrom(JAVA_INT, 0);
    this.one = arena.allocateFrom(JAVA_INT, 1);
    this.struct = arena.allocate((POINTERS + 1) * ADDRESS.byteSize(), ADDRESS.byteAlignment());
    struct.set(JAVA_INT, 0, VERSION);
    fill();
  }

  /** The C struct, valid as long as the arena. */
  MemorySegment struct() {
    return struct;
  }

  private void fill() {
    FunctionDescriptor ofOperator = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG);
    FunctionDescriptor count = FunctionDescriptor.of(JAVA_LONG, ADDRESS);
    stub(1, "createKernel", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    stub(2, "operatorName", FunctionDescriptor.of(ADDRESS, ADDRESS));
    stub(3, "provider", FunctionDescriptor.of(ADDRESS, ADDRESS));
    stub(4, "elementType", ofOperator);
    stub(5, "inputs", count);
    stub(6, "elementType", ofOperator);
    stub(7, "outputs", count);
    stub(8, "compute", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
    stub(9, "destroyKernel", FunctionDescriptor.ofVoid(ADDRESS));
    stub(10, "characteristic", ofOperator);
    stub(11, "characteristic", ofOperator);
    stub(12, "characteristic", ofOperator); // OrtMemTypeDefault is 0 as well
    FunctionDescriptor flag = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    for (int variadic = 13; variadic <= 16; variadic++) {
      stub(variadic, "variadic", flag);
    }
    FunctionDescriptor places = FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS);
    FunctionDescriptor release = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);
    stub(22, "mayReuse", places);
    stub(23, "releasePlaces", release);
    stub(24, "noAlias", places);
    stub(25, "releasePlaces", release);
  }

  private void stub(int field, String method, FunctionDescriptor descriptor) {
    try {
      MethodType type = descriptor.toMethodType();
      MethodHandle handle = MethodHandles.lookup().bind(this, method, type);
      MemorySegment stub = Linker.nativeLinker().upcallStub(handle, descriptor, arena);
      struct.set(ADDRESS, field * ADDRESS.byteSize(), stub);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("CustomOperator." + method, e);
    }
  }

  /** The kernel object is the node's number plus one, so that it is never null. */
  @SuppressWarnings("unused") // called by name
  private MemorySegment createKernel(
      MemorySegment operator, MemorySegment ortApi, MemorySegment info) {
    return MemorySegment.ofAddress(kernels.attribute(info, NODE) + 1);
  }

  @SuppressWarnings("unused")
  private void compute(MemorySegment kernelObject, MemorySegment context) {
    kernel.compute(kernelObject.address() - 1, context);
  }

  @SuppressWarnings("unused")
  private MemorySegment operatorName(MemorySegment operator) {
    return name;
  }

  @SuppressWarnings("unused")
  private MemorySegment provider(MemorySegment operator) {
    return MemorySegment.NULL; // the CPU
  }

  @SuppressWarnings("unused")
  private int elementType(MemorySegment operator, long index) {
    return ElementType.FLOAT.onnx();
  }

  @SuppressWarnings("unused")
  private long inputs(MemorySegment operator) {
    return inputs;
  }

  @SuppressWarnings("unused")
  private long outputs(MemorySegment operator) {
    return OUTPUTS;
  }

  @SuppressWarnings("unused")
  private void destroyKernel(MemorySegment kernelObject) {}

  @SuppressWarnings("unused")
  private int characteristic(MemorySegment operator, long index) {
    return REQUIRED;
  }

  @SuppressWarnings("unused")
  private int variadic(MemorySegment operator) {
    return 0;
  }

  /** Output 0 may be written where input 1 lies. */
  @SuppressWarnings("unused")
  private long mayReuse(MemorySegment inputs, MemorySegment outputs) {
    if (this.inputs < 2) {
      return 0;
    }
    inputs.reinterpret(ADDRESS.byteSize()).set(ADDRESS, 0, one);
    outputs.reinterpret(ADDRESS.byteSize()).set(ADDRESS, 0, zero);
    return 1;
  }

  @SuppressWarnings("unused")
  private long noAlias(MemorySegment inputs, MemorySegment outputs) {
    return 0;
  }

  @SuppressWarnings("unused")
  private void releasePlaces(MemorySegment inputs, MemorySegment outputs) {}
}
