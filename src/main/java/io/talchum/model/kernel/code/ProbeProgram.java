package io.talchum.model.kernel.code;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;

/**
 * A program of a few hundred bytes that calls a function and exits with 0: where a processor, or
 * what imitates one, lists instructions that it does not execute, the program ends by a signal, and
 * not this process. An ELF file for Linux on x86-64, written to the folder of temporary files.
 */
public final class ProbeProgram {
  /** Where the program's memory of zeros lies, for the function's arguments. */
  public static final long ZEROS = 0x2000_0000L;

  /** Bytes of it. */
  public static final long ZERO_BYTES = 1 << 16;

  private static final long CODE = 0x1000_0000L;
  private static final int HEADER_BYTES = 64 + 2 * 56; // ELF's own, two segments
  private static final int EXIT = 60;
  private static final int PATIENCE_SECONDS = 10;

  private static final Register[] ARGUMENTS = {
    Register.RDI, Register.RSI, Register.RDX, Register.RCX, Register.R8, Register.R9
  };

  private ProbeProgram() {}

  /**
   * Whether a function runs to its end; also true if the system lets no program run there, which
   * says nothing of the processor.
   *
   * @param function machine code
   * @param arguments of the function, at most six
   */
  public static boolean runs(byte[] function, long... arguments) {
    try {
      Path program =
          Files.createTempFile(
              "talchum-probe",
              "",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try {
        Files.write(program, elf(function, arguments));
        Process process = new ProcessBuilder(program.toString()).start();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          return false;
        }
        return process.exitValue() == 0;
      } finally {
        Files.deleteIfExists(program);
      }
    } catch (IOException e) {
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** The file: header, one segment of code, one of zeros. */
  private static byte[] elf(byte[] function, long... arguments) {
    byte[] code = code(function, arguments);
    int size = HEADER_BYTES + code.length;
    ByteBuffer file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0); // 64 bits, little-endian
    file.putShort((short) 2).putShort((short) 62).putInt(1); // executable, x86-64
    file.putLong(CODE + HEADER_BYTES).putLong(64).putLong(0).putInt(0); // entry, segments
    file.putShort((short) 64).putShort((short) 56).putShort((short) 2); // sizes, two segments
    file.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    segment(file, 5, CODE, size, size); // read, execute
    segment(file, 6, ZEROS, 0, ZERO_BYTES); // read, write
    return file.put(code).array();
  }

  private static void segment(ByteBuffer file, int flags, long address, long inFile, long bytes) {
    file.putInt(1).putInt(flags).putLong(0).putLong(address).putLong(address);
    file.putLong(inFile).putLong(bytes).putLong(0x1000);
  }

  private static byte[] code(byte[] function, long... arguments) {
    X86Assembler code = new X86Assembler();
    for (int i = 0; i < arguments.length; i++) {
      code.move(ARGUMENTS[i], arguments[i]);
    }
    X86Assembler exit = new X86Assembler();
    exit.move(Register.RAX, EXIT);
    exit.move(Register.RDI, 0);
    exit.systemCall();
    int callBytes = 5;
    code.call(code.here() + callBytes + exit.here());
    code.append(exit.code());
    code.append(function);
    return code.code();
  }
}
