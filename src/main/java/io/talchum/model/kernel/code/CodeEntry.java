package io.talchum.model.kernel.code;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A function in {@link MachineCode}, by the C calling convention. The arguments are what the code
 * expects: nothing is checked. Any thread.
 */
public final class CodeEntry {
  private static final MethodHandle FOUR =
      Linker.nativeLinker()
          .downcallHandle(FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SIX =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.ofVoid(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final MemorySegment address;

  CodeEntry(MemorySegment address) {
    this.address = address;
  }

  /** Calls a function of four addresses or numbers. */
  public void call(long a, long b, long c, long d) {
    try {
      FOUR.invokeExact(address, a, b, c, d);
    } catch (Throwable e) {
      throw new IllegalStateException(e); // machine code does not throw
    }
  }

  /** Calls a function of six addresses or numbers. */
  public void call(long a, long b, long c, long d, long e, long f) {
    try {
      SIX.invokeExact(address, a, b, c, d, e, f);
    } catch (Throwable thrown) {
      throw new IllegalStateException(thrown); // machine code does not throw
    }
  }
}
