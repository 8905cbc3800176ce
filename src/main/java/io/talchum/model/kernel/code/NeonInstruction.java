package io.talchum.model.kernel.code;

/**
 * The vector instructions of AArch64 that kernels use, as the 32-bit word whose register fields are
 * 0 (Arm ARM DDI 0487, chapter C7.2). All are of 128 bits unless they say otherwise.
 */
public enum NeonInstruction {
  AND(0x4E201C00),
  EOR(0x6E201C00),
  ADD_INT(0x4EA08400),
  SUB_INT(0x6EA08400),
  UMAX_INT(0x6EA06400),
  FMUL(0x6E20DC00),
  /** By lane 0 to 3 of the second source: four products of bytes are added to each int. */
  SDOT_LANE(0x4F80E000),
  FMLA(0x4E20CC00),
  FMUL_LANE(0x4F809000),
  FMLA_LANE(0x4F801000),
  FABS(0x4EA0F800),
  /** Of ints. */
  NEG(0x6EA0B800),
  /** Ints to floats. */
  SCVTF(0x4E21D800),
  /** Floats to the nearest ints, to even ones if two are as near. */
  FCVTNS(0x4E21A800),
  /** Four halves to floats. */
  FCVTL(0x0E217800),
  /** Ints to their low halves, in the low half of the target; the next fills the upper half. */
  XTN_INT(0x0E612800),
  XTN2_INT(0x4E612800),
  XTN_SHORT(0x0E212800),
  XTN2_SHORT(0x4E212800),
  /** The sum of four ints, in the first lane. */
  ADDV(0x4EB1B800),
  /** The largest of four unsigned ints, in the first lane. */
  UMAXV(0x6EB0A800),
  /** The first lane to all. */
  DUP(0x4E040400),
  /** Of one float, like the two below. */
  FMUL_SCALAR(0x1E200800),
  FDIV_SCALAR(0x1E201800),
  /** Of one int in a vector register. */
  SCVTF_SCALAR(0x5E21D800);

  final int word;

  NeonInstruction(int word) {
    this.word = word;
  }
}
