"""Joins captures into one pcapng in order of time, an interface each: join.py OUT NAME=FILE ...

mergecap would do, but it also writes down the machine that it ran on.
"""
import struct
import sys


def packets(name):
    with open(name, "rb") as f:
        b = f.read()
    magic, link = struct.unpack_from("<I16xI", b)
    if magic != 0xa1b2c3d4:
        sys.exit(f"{name}: not a capture in microseconds")
    at = 24
    while at + 16 <= len(b):
        sec, micro, have, full = struct.unpack_from("<4I", b, at)
        yield sec * 10**6 + micro, link, full, b[at + 16:at + 16 + have]
        at += 16 + have


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def main(out, *inputs):
    blocks, found = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))], []
    for n, (name, path) in enumerate(i.split("=", 1) for i in inputs):
        all_ = list(packets(path))
        name = name.encode()
        blocks.append(block(1, struct.pack("<HHI", all_[0][1], 0, 0) + struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4) + bytes(4)))
        found += [(at, n, full, b) for at, _, full, b in all_]
    found.sort(key=lambda p: p[0])
    for at, n, full, b in found:
        blocks.append(block(6, struct.pack("<IIIII", n, at >> 32, at & 0xffffffff, len(b), full) + b))
    with open(out, "wb") as f:
        f.write(b"".join(blocks))


main(*sys.argv[1:])
