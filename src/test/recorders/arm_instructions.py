"""Writes src/test/resources/fixtures/arm-instructions.txt: AArch64 instructions of the kernels with the words
that LLVM's assembler makes of them. Needs: pip install ziglang. Usage: python3 arm_instructions.py > FILE"""
import pathlib
import struct
import subprocess
import sys
import tempfile

VECTORS = [0, 7, 8, 15, 16, 31]
THREE = {"and": "16b", "eor": "16b", "add": "4s", "sub": "4s", "umax": "4s", "fmul": "4s", "fmla": "4s"}
TWO = {"fabs": ("4s", "4s"), "neg": ("4s", "4s"), "scvtf": ("4s", "4s"), "fcvtns": ("4s", "4s"), "fcvtl": ("4s", "4h"),
       "xtn": ("4h", "4s"), "xtn2": ("8h", "4s")}


def lines():
    for i, a in enumerate(VECTORS):
        b, c = VECTORS[(i + 1) % len(VECTORS)], VECTORS[(i + 2) % len(VECTORS)]
        for name, shape in THREE.items():
            yield f"{name} v{a}.{shape}, v{b}.{shape}, v{c}.{shape}"
        for name, (to, of) in TWO.items():
            yield f"{name} v{a}.{to}, v{b}.{of}"
        yield f"xtn v{a}.8b, v{b}.8h"
        yield f"xtn2 v{a}.16b, v{b}.8h"
        yield f"addv s{a}, v{b}.4s"
        yield f"umaxv s{a}, v{b}.4s"
        yield f"dup v{a}.4s, v{b}.s[0]"
        yield f"fmul s{a}, s{b}, s{c}"
        yield f"fdiv s{a}, s{b}, s{c}"
        yield f"scvtf s{a}, s{b}"
        for lane in range(4):
            yield f"sdot v{a}.4s, v{b}.16b, v{c}.4b[{lane}]"
            yield f"fmul v{a}.4s, v{b}.4s, v{c}.s[{lane}]"
            yield f"fmla v{a}.4s, v{b}.4s, v{c}.s[{lane}]"
        for bits in (1, 4, 7):
            yield f"ushr v{a}.16b, v{b}.16b, #{bits}"
        for bits in (1, 8, 24, 31):
            yield f"sshr v{a}.4s, v{b}.4s, #{bits}"
            yield f"shl v{a}.4s, v{b}.4s, #{bits}"
        for value in (0, 1, 15, 128, 255):
            yield f"movi v{a}.16b, #{value}"
        for x in (0, 9, 12):
            yield f"dup v{a}.4s, w{x}"
            for kind, size in (("s", 4), ("d", 8), ("q", 16)):
                for units in (0, 1, 77, 4095):
                    yield f"ldr {kind}{a}, [x{x}, #{units * size}]"
                    yield f"str {kind}{a}, [x{x}, #{units * size}]"
    for x in (0, 5, 9, 12):
        yield f"mov x{x}, x{(x + 3) % 13}"
        yield f"add x{x}, x{x}, x{(x + 3) % 13}"
        for value in (0, 1, 128, 4095):
            yield f"add x{x}, x{x}, #{value}"
        yield f"movz w{x}, #4660"
        yield f"movk w{x}, #22136, lsl #16"
        yield f"sub x{x}, x{x}, #1"
        for words in (0, -1, -300):
            yield f"cbnz x{x}, .{4 * words:+d}"
    yield "stp d8, d9, [sp, #-64]!"
    for i in (2, 4, 6):
        yield f"stp d{8 + i}, d{9 + i}, [sp, #{8 * i}]"
        yield f"ldp d{8 + i}, d{9 + i}, [sp, #{8 * i}]"
    yield "ldp d8, d9, [sp], #64"
    yield "ret"


with tempfile.TemporaryDirectory() as folder:
    source, thing = pathlib.Path(folder, "a.s"), pathlib.Path(folder, "a.bin")
    text = list(lines())
    source.write_text(".text\n" + "\n".join(text) + "\n")
    zig = [sys.executable, "-m", "ziglang"]
    subprocess.run([*zig, "cc", "-target", "aarch64-linux-musl", "-mcpu=neoverse_n1", "-c", source, "-o", f"{thing}.o"],
                   check=True)
    subprocess.run([*zig, "objcopy", "-O", "binary", "-j", ".text", f"{thing}.o", thing], check=True)
    words = struct.unpack(f"<{len(text)}I", thing.read_bytes())
print("# by src/test/recorders/arm_instructions.py, LLVM of ziglang")
for word, line in zip(words, text):
    print(f"{word:08x} {line}")
