package io.talchum.model.kernel.code;

/**
 * The vector instructions that kernels use, with what VEX and EVEX encodings of them share: opcode
 * map, mandatory prefix, W bit and opcode (Intel SDM, volume 2, chapter 2.3 and 2.7).
 */
public enum VectorInstruction {
  VMOVUPS_LOAD(1, 0, 0x10),
  VMOVUPS_STORE(1, 0, 0x11),
  VMOVSS_STORE(1, 2, 0x11),
  VMOVD_STORE(1, 1, 0x7E),
  /** From a 64-bit register. */
  VMOVQ(1, 1, 0x6E, 1),
  VPBROADCASTD(2, 1, 0x58),
  VBROADCASTSS(2, 1, 0x18),
  VPMOVZXBD(2, 1, 0x31),
  VPERMD(2, 1, 0x36),
  VPSHUFD(1, 1, 0x70),
  VEXTRACTI128(3, 1, 0x39),
  VPACKSSDW(1, 1, 0x6B),
  VPACKSSWB(1, 1, 0x63),
  VPAND(1, 1, 0xDB),
  VPXOR(1, 1, 0xEF),
  VPADDD(1, 1, 0xFE),
  VPADDW(1, 1, 0xFD),
  VPSUBD(1, 1, 0xFA),
  VPMAXUD(2, 1, 0x3F),
  VPMADDWD(1, 1, 0xF5),
  VPMADDUBSW(2, 1, 0x04),
  VPDPBUSD(2, 1, 0x50),
  VCVTDQ2PS(1, 0, 0x5B),
  VCVTPS2DQ(1, 1, 0x5B),
  VCVTPH2PS(2, 1, 0x13),
  VMULPS(1, 0, 0x59),
  VFMADD231PS(2, 1, 0xB8),
  VMULSS(1, 2, 0x59),
  VDIVSS(1, 2, 0x5E),
  VMAXSS(1, 2, 0x5F),
  /** Of ints by an immediate; the register field says in which direction. */
  SHIFT(1, 1, 0x72);

  final int map; // 1: 0F, 2: 0F 38, 3: 0F 3A
  final int prefix; // 0: none, 1: 66, 2: F3
  final int opcode;
  final int w;

  VectorInstruction(int map, int prefix, int opcode) {
    this(map, prefix, opcode, 0);
  }

  VectorInstruction(int map, int prefix, int opcode, int w) {
    this.map = map;
    this.prefix = prefix;
    this.opcode = opcode;
    this.w = w;
  }

  /** Bytes that a memory operand of a vector of {@code bytes} has: EVEX counts displacements so. */
  int memoryBytes(int bytes) {
    return switch (this) {
      case VPBROADCASTD, VBROADCASTSS -> Integer.BYTES;
      case VCVTPH2PS -> bytes / 2;
      default -> bytes;
    };
  }
}
