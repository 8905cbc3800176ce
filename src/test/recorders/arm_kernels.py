"""Runs the kernels for AArch64 in an emulator, on data and against outputs that ArmKernelDump wrote on x86-64, bit for
bit, and writes src/test/resources/fixtures/arm-kernels.txt: the SHA-256 of each kernel that did what it should.
Needs: pip install unicorn. Usage: python3 arm_kernels.py DUMP > FILE"""
import hashlib
import json
import struct
import sys

from unicorn import UC_ARCH_ARM64, UC_MODE_ARM, Uc, UcError
from unicorn.arm64_const import (UC_ARM64_REG_LR, UC_ARM64_REG_SP, UC_ARM64_REG_X0, UC_CPU_ARM64_MAX)
import unicorn.arm64_const as arm

ROUND, PRODUCT, STACK, DATA, END = 0x10000, 0x18000, 0x80000, 0x1000000, 0x30000
SIZE = 1 << 22
KEPT = [getattr(arm, f"UC_ARM64_REG_D{i}") for i in range(8, 16)]


def call(uc, code, *arguments):
    for i, argument in enumerate(arguments):
        uc.reg_write(UC_ARM64_REG_X0 + i, argument)
    uc.reg_write(UC_ARM64_REG_SP, STACK)
    uc.reg_write(UC_ARM64_REG_LR, END)
    for i, register in enumerate(KEPT):
        uc.reg_write(register, 1000 + i)
    uc.emu_start(code, END)
    assert [uc.reg_read(register) for register in KEPT] == list(range(1000, 1008)), "a register of the caller changed"
    assert uc.reg_read(UC_ARM64_REG_SP) == STACK


def machine():
    uc = Uc(UC_ARCH_ARM64, UC_MODE_ARM)
    uc.ctl_set_cpu_model(UC_CPU_ARM64_MAX)
    uc.mem_map(ROUND, 0x10000)
    uc.mem_map(END & ~0xFFF, 0x1000)
    uc.mem_map(STACK - 0x10000, 0x20000)
    uc.mem_map(DATA, SIZE)
    return uc


def check(case):
    uc = machine()
    weights, x = bytes.fromhex(case["weights"]), bytes.fromhex(case["x"])
    tokens, blocks, panels, columns = case["tokens"], case["blocks"], case["panels"], case["columns"]
    at_x = DATA + (len(weights) + 63) // 64 * 64
    at_records = at_x + (len(x) + 63) // 64 * 64
    at_y = at_records + (blocks * case["recordBytes"] + 63) // 64 * 64
    uc.mem_write(DATA, weights)
    uc.mem_write(at_x, x)
    round_code, product_code = bytes.fromhex(case["round"]), bytes.fromhex(case["product"])
    uc.mem_write(ROUND, round_code)
    uc.mem_write(PRODUCT, product_code)
    for token in range(tokens):
        call(uc, ROUND, at_x + token * 4 * blocks * columns, at_records + token * columns,
             at_records + case["scalesAt"] + 4 * token, blocks)
    rows = 32 * panels
    call(uc, PRODUCT, DATA, at_records, at_y, blocks, panels, 4 * rows)
    y = bytes(uc.mem_read(at_y, 4 * rows * tokens))
    expected = bytes.fromhex(case["y"])
    if y != expected:
        pairs = list(zip(struct.unpack(f"<{len(y) // 4}f", y), struct.unpack(f"<{len(y) // 4}f", expected)))
        raise SystemExit(f"{case['name']}: {[p for p in pairs if p[0] != p[1]][:5]}")
    return hashlib.sha256(round_code + product_code).hexdigest()


print("# by src/test/recorders/arm_kernels.py: kernels that gave the bits of those of x86-64 in Unicorn")
with open(sys.argv[1]) as dump:
    for line in dump:
        case = json.loads(line)
        try:
            print(f"{check(case)} {case['name']}")
        except UcError as e:
            raise SystemExit(f"{case['name']}: {e}")
