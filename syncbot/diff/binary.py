"""`GIT binary patch` payloads: base 85 lines, zlib, and git's delta format."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

from syncbot.errors import HostileInput, PatchError

LIMIT = 64 * 1024 * 1024
"""Bytes that one payload may unpack to."""


def decode(lines: Sequence[bytes], size: int) -> bytes:
    """The payload of the lines between `literal N` and the blank line. Raises PatchError."""
    if size > LIMIT:
        raise HostileInput(f"a binary payload of {size} bytes is over the limit of {LIMIT}", "split the patch")
    packed = bytearray()
    for line in lines:
        length = line[0] - 64 if 65 <= line[0] <= 90 else line[0] - 70
        try:
            packed += base64.b85decode(line[1:].rstrip(b"\r\n"))[:length]
        except ValueError as error:
            raise PatchError(f"a line of a binary patch is not base 85: {error}") from error
    try:
        engine = zlib.decompressobj()
        data = engine.decompress(bytes(packed), size + 1)
    except zlib.error as error:
        raise PatchError(f"a binary patch does not unpack: {error}") from error
    if len(data) != size:
        raise PatchError(f"a binary patch unpacks to {len(data)} bytes instead of {size}")
    return data


def encode(data: bytes) -> list[bytes]:
    """Lines (with line ends) that `decode` reads back."""
    packed = zlib.compress(data)
    lines = []
    for at in range(0, len(packed), 52):
        piece = packed[at : at + 52]
        length = len(piece) + 64 if len(piece) <= 26 else len(piece) + 70
        lines.append(bytes([length]) + base64.b85encode(piece, pad=True) + b"\n")
    return lines


def apply_delta(source: bytes, delta: bytes) -> bytes:
    """The result of git's copy-and-insert delta on its source. Raises PatchError."""
    try:
        source_size, at = _size(delta, 0)
        result_size, at = _size(delta, at)
        if source_size != len(source) or result_size > LIMIT:
            raise PatchError(f"a binary delta is for a file of {source_size} bytes, not of {len(source)}")
        result = bytearray()
        while at < len(delta):
            code = delta[at]
            at += 1
            if code & 128:
                fields = []
                for bit in range(7):
                    fields.append(delta[at] if code >> bit & 1 else 0)
                    at += code >> bit & 1
                offset = fields[0] | fields[1] << 8 | fields[2] << 16 | fields[3] << 24
                size = fields[4] | fields[5] << 8 | fields[6] << 16 or 0x10000
                result += source[offset : offset + size]
            else:
                result += delta[at : at + code]
                at += code
    except IndexError as error:
        raise PatchError("a binary delta is cut short") from error
    if len(result) != result_size:
        raise PatchError(f"a binary delta makes {len(result)} bytes instead of {result_size}")
    return bytes(result)


def _size(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128:
            return value, at
