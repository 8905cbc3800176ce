"""Writes src/test/resources/fixtures/x86-instructions.txt: instructions of the kernels with the bytes
that GNU as makes of them. Needs binutils. Usage: python3 x86_instructions.py > FILE"""
import re
import subprocess
import tempfile

VEX, EVEX = "{vex3} ", ""
GPRS = ["rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11"]
LOW, HIGH = [0, 7, 8, 15], [0, 7, 8, 15, 16, 23, 24, 31]

TWO = ["vpaddd", "vpsubd", "vpaddw", "vpmaddwd", "vpmaddubsw", "vpxor", "vpand", "vpmaxud", "vmulps", "vpackssdw",
       "vpacksswb", "vfmadd231ps", "vpdpbusd", "vpermd"]
EVEX_NAMES = {"vpxor": "vpxord", "vpand": "vpandd"}
ONE = ["vcvtdq2ps", "vcvtps2dq", "vmovups", "vpbroadcastd"]
AVX_ONLY = {"vpackssdw", "vpacksswb", "vpmaxud", "vpermd", "vpsubd", "vcvtps2dq"}  # used in VEX form only
BROADCAST = {"vpdpbusd", "vmulps", "vfmadd231ps", "vpaddd"}


def lines():
    for width, regs, prefix in (("ymm", LOW, VEX), ("zmm", HIGH, EVEX)):
        size = {"ymm": 32, "zmm": 64}[width]
        word = {"ymm": "YMMWORD", "zmm": "ZMMWORD"}[width]
        for name in TWO:
            if width == "zmm" and name in AVX_ONLY:
                continue
            text = EVEX_NAMES.get(name, name) if width == "zmm" else name
            for i, r in enumerate(regs):
                a, b = regs[(i + 1) % len(regs)], regs[(i + 2) % len(regs)]
                yield f"{prefix}{text} {width}{r},{width}{a},{width}{b}"
                base = GPRS[i % len(GPRS)]
                for disp in (size, -size, 127 * size + 4):
                    yield f"{prefix}{text} {width}{r},{width}{a},{word} PTR [{base}{disp:+d}]"
                if width == "zmm" and name in BROADCAST:
                    for disp in (4, -512, 508, 512, 6):
                        yield f"{text} {width}{r},{width}{a},DWORD BCST [{base}{disp:+d}]"
        for name in ONE:
            if width == "zmm" and name in AVX_ONLY:
                continue
            for i, r in enumerate(regs):
                a, base = regs[(i + 3) % len(regs)], GPRS[(i + 4) % len(GPRS)]
                source = f"xmm{a}" if name == "vpbroadcastd" else f"{width}{a}"
                if name != "vmovups":
                    yield f"{prefix}{name} {width}{r},{source}"
                step = 4 if name == "vpbroadcastd" else size
                memory = "DWORD" if name == "vpbroadcastd" else word
                for disp in (step, -step, 300 * step):
                    yield f"{prefix}{name} {width}{r},{memory} PTR [{base}{disp:+d}]"
                    if name == "vmovups":
                        yield f"{prefix}{name} {memory} PTR [{base}{disp:+d}],{width}{r}"
        for name in ("vpsrld", "vpslld", "vpsrad"):
            for i, r in enumerate(regs):
                yield f"{prefix}{name} {width}{r},{width}{regs[(i + 1) % len(regs)]},{i + 1}"
        for i, r in enumerate(regs):
            half = "XMMWORD" if width == "ymm" else "YMMWORD"
            yield f"{prefix}vcvtph2ps {width}{r},{half} PTR [{GPRS[i]}{size:+d}]"
    for i, r in enumerate(LOW):
        a, b = LOW[(i + 1) % 4], LOW[(i + 2) % 4]
        base = GPRS[i + 3]
        for name in ("vmulss", "vdivss", "vmaxss"):
            yield f"{VEX}{name} xmm{r},xmm{a},xmm{b}"
        for name in ("vpaddd", "vpsubd", "vpmaxud"):
            yield f"{VEX}{name} xmm{r},xmm{a},xmm{b}"
        yield f"{VEX}vmovss DWORD PTR [{base}+16],xmm{r}"
        yield f"{VEX}vmovd DWORD PTR [{base}+300],xmm{r}"
        yield f"{VEX}vmovups XMMWORD PTR [{base}+32],xmm{r}"
        yield f"{VEX}vmovq xmm{r},{GPRS[i * 2]}"
        yield f"{VEX}vbroadcastss ymm{r},xmm{a}"
        yield f"{VEX}vpmovzxbd ymm{r},xmm{a}"
        yield f"{VEX}vpshufd xmm{r},xmm{a},{0x4E if i else 0xB1}"
        yield f"{VEX}vextracti128 xmm{r},ymm{a},1"
        yield f"{VEX}vcvtdq2ps xmm{r},xmm{a}"
    for i, r in enumerate(GPRS):
        a = GPRS[(i + 5) % len(GPRS)]
        yield f"mov {r},{a}"
        yield f"mov {r},0x1234567"
        yield f"movabs {r},0x123456789abcdef"
        yield f"add {r},{a}"
        yield f"add {r},64"
        if r != "rax":  # has a shorter form
            yield f"add {r},0x1234"
    yield "vzeroupper"
    yield "ret"


def assemble(texts):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/a.s", "w") as source:
            source.write("\n".join(["\t.intel_syntax noprefix", *texts, ""]))
        subprocess.run(["as", "-o", folder + "/a.o", folder + "/a.s"], check=True)
        dump = subprocess.run(["objdump", "-d", "-Mintel", "--insn-width=16", folder + "/a.o"], check=True,
                              capture_output=True, text=True).stdout
    return [m.group(1).replace(" ", "") for m in re.finditer(r"^ +[0-9a-f]+:\t((?:[0-9a-f]{2} )+)", dump, re.M)]


if __name__ == "__main__":
    texts = list(lines())
    codes = assemble(texts)
    assert len(codes) == len(texts), (len(codes), len(texts))
    version = subprocess.run(["as", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    print(f"# by src/test/recorders/x86_instructions.py with {version}")
    for text, code in zip(texts, codes):
        print(code, text.removeprefix(VEX))
