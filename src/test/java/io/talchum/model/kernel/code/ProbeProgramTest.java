package io.talchum.model.kernel.code;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProbeProgramTest {
  private static final byte[] UNDEFINED = {0x0f, 0x0b}; // UD2: no processor executes it

  @Test
  void aFunctionThatReturnsRuns() {
    X86Assembler code = new X86Assembler();
    code.ret();
    assertThat(ProbeProgram.runs(code.code())).isTrue();
  }

  /** Its arguments arrive, and the memory of zeros is there to its end. */
  @Test
  void aFunctionGetsArgumentsAndMemory() {
    X86Assembler code = new X86Assembler();
    code.op(VectorInstruction.VMOVUPS_LOAD, Width.VEX_128, 0, 0, Memory.at(Register.RDI, 0));
    code.op(VectorInstruction.VMOVUPS_STORE, Width.VEX_128, 0, 0, Memory.at(Register.R9, -16));
    code.ret();
    long end = ProbeProgram.ZEROS + ProbeProgram.ZERO_BYTES;
    assertThat(ProbeProgram.runs(code.code(), ProbeProgram.ZEROS, 0, 0, 0, 0, end)).isTrue();
    assertThat(ProbeProgram.runs(code.code(), 0, 0, 0, 0, 0, end)).isFalse();
  }

  @Test
  void anInstructionThatTheProcessorDoesNotExecuteIsFoundOut() {
    assertThat(ProbeProgram.runs(UNDEFINED)).isFalse();
  }
}
