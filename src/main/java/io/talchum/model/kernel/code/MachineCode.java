package io.talchum.model.kernel.code;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Memory whose bytes the processor executes: written first, then made read-only and executable, so
 * that it never is writable and executable at once. It stays until the process ends. Linux only,
 * which on AArch64 also makes the instruction cache agree when pages become executable.
 */
public final class MachineCode {
  private static final int READ_WRITE = 1 | 2;
  private static final int READ_EXECUTE = 1 | 4;
  private static final int PRIVATE_ANONYMOUS = 0x22;
  private static final long PAGE = 4096;
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment page;

  private MachineCode(byte[] code) throws CodeRefusedException {
    long bytes = Math.ceilDiv(code.length, PAGE) * PAGE;
    this.page = map(bytes).reinterpret(bytes);
    MemorySegment.copy(code, 0, page, JAVA_BYTE, 0, code.length);
    protect();
  }

  /**
   * Makes code executable.
   *
   * @throws CodeRefusedException if the system forbids it
   */
  public static MachineCode install(byte[] code) throws CodeRefusedException {
    return new MachineCode(code);
  }

  /** The function that begins at an offset. */
  public CodeEntry entry(int offset) {
    return new CodeEntry(page.asSlice(offset));
  }

  private MemorySegment map(long bytes) throws CodeRefusedException {
    FunctionDescriptor mmap =
        FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    MethodHandle call = systemCall("mmap", mmap);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment page =
          (MemorySegment)
              call.invokeExact(
                  state, MemorySegment.NULL, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0L);
      if (page.address() == -1) {
        throw new CodeRefusedException("mmap", (int) ERRNO.get(state, 0L));
      }
      return page;
    } catch (CodeRefusedException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mmap cannot be called", e);
    }
  }

  private void protect() throws CodeRefusedException {
    MethodHandle call =
        systemCall("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      if ((int) call.invokeExact(state, page, page.byteSize(), READ_EXECUTE) != 0) {
        throw new CodeRefusedException("mprotect", (int) ERRNO.get(state, 0L));
      }
    } catch (CodeRefusedException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mprotect cannot be called", e);
    }
  }

  private MethodHandle systemCall(String name, FunctionDescriptor descriptor) {
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(name),
        descriptor,
        Linker.Option.captureCallState("errno"));
  }
}
