"""Writes a capture (link type 256) of an insulin pump's advertising and a session in the clear: ble.py FILE START

Simulated after the Bluetooth core specification, Vol 6 Part B, and the Insulin Delivery Service 1.0.
"""
import struct
import sys

CENTRAL, PUMP, AA, SEED = bytes.fromhex("0102030405c6"), bytes.fromhex("1112131415d6"), 0x50123456, 0xa1b2c3
out, at, sn = [], float(sys.argv[2]), [0, 0]


def crc24(pdu, seed):
    r = seed
    for x in pdu:
        for i in range(8):
            bit = x >> i & 1 ^ r >> 23 & 1
            r = r << 1 & 0xffffff ^ (0x65b if bit else 0)
    return bytes(int(f"{r >> 16 - 8 * i & 0xff:08b}"[::-1], 2) for i in range(3))


def crc16(b):
    r = 0xffff
    for x in b:
        r ^= x
        for _ in range(8):
            r = r >> 1 ^ 0x8408 if r & 1 else r >> 1
    return struct.pack("<H", r)


def put(channel, aa, seed, pdu):
    global at
    at += .03
    b = struct.pack("<BbbBIH", channel, -50, -90, 0, aa, 0x0c13) + struct.pack("<I", aa) + pdu + crc24(pdu, seed)
    out.append(struct.pack("<4I", int(at), int(at % 1 * 1e6), len(b), len(b)) + b)


def adv(kind, b, private=0x40):
    put(0, 0x8e89bed6, 0x555555, bytes([kind | private, len(b)]) + b)


def send(side, kind, b):
    put(9, AA, SEED, bytes([kind | sn[side] << 3, len(b)]) + b)
    sn[side] ^= 1


def att(side, *b):
    f, kind = struct.pack("<HH", len(bytes(b)), 4) + bytes(b), 2
    while f:
        send(side, kind, f[:27])
        send(side ^ 1, 1, b"")
        f, kind = f[27:], 1


def safe(counter, *b):
    b = bytes(b) + bytes([counter])
    return b + crc16(b)


def write(b):
    att(0, 0x12, 0x12, 0, *b)
    att(1, 0x13)


def indicate(b):
    att(1, 0x1d, 0x12, 0, *b)
    att(0, 0x1e)


for _ in range(20):
    adv(0, PUMP + bytes([2, 1, 6, 3, 3, 0x3a, 0x18, 13, 9]) + b"Insulin Pump")
adv(5, CENTRAL + PUMP + struct.pack("<I", AA) + bytes([SEED & 255, SEED >> 8 & 255, SEED >> 16, 3, 0x10, 0, 0x18, 0, 0, 0, 0x48, 0, 255, 255, 255, 255, 0x1f, 5]), 0xc0)
att(0, 0x10, 1, 0, 255, 255, 0, 0x28)
att(1, 0x11, 6, 0x10, 0, 0x1f, 0, 0x3a, 0x18, 0x30, 0, 0x3f, 0, 0x0a, 0x18)
att(0, 8, 0x10, 0, 0x2f, 0, 3, 0x28)
att(1, 9, 7, 0x11, 0, 0x28, 0x12, 0, 0x25, 0x2b, 0x13, 0, 0x12, 0x14, 0, 0x21, 0x2b)
att(0, 8, 0x30, 0, 255, 255, 3, 0x28)
att(1, 9, 7, 0x31, 0, 2, 0x32, 0, 0x29, 0x2a, 0x33, 0, 2, 0x34, 0, 0x24, 0x2a, 0x35, 0, 2, 0x36, 0, 0x25, 0x2a)
for handle, text in ((0x32, b"Sample Diabetes"), (0x34, b"Insulin Pump 5"), (0x36, b"SN7734990")):
    att(0, 0x0a, handle, 0)
    att(1, 0x0b, *text)
write(safe(1, 0x4b, 0x11, 0, 0x33, 0x19, 0xf0, 0, 0, 0, 0))  # a bolus of 2.5 IU
indicate(safe(1, 0x77, 0x11, 2, 0))
write(safe(2, 0x8d, 0x14, 0xfa, 0xf0))  # maximum bolus to 25.0 IU
indicate(safe(2, 0x55, 0x0f, 0x8d, 0x14, 0x0f))
for n in range(6):  # status: running, ready, units left
    att(0, 0x0a, 0x14, 0)
    att(1, 0x0b, *safe(9 + n, 0x55, 0x96, 0x78 - n, 0, 1))
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 256) + b"".join(out))
