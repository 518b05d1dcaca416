"""OpenPGP signatures of archives, checked by `gpgv` with the keys that the packaging names.

Published beside the archive as `NAME.asc`, `NAME.sig`, `NAME.sign` or `NAME.gpg`; of the archive as it is, or of what
it unpacks to (`thing.tar.sign` beside `thing.tar.xz`). A signature that is not by one of the keys, or not of this very
file, is refused: it is what an attack on a supply chain looks like. Where no key is named, or gpgv is not at hand,
nothing is claimed.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import lzma
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from syncbot.errors import InputError, SignatureBad

_ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z]+:[^\n]*\n)*\r?\n(?P<body>[A-Za-z0-9+/=\s]+?)"
    rb"(?:\r?\n=[A-Za-z0-9+/]{4})?\r?\n-----END PGP PUBLIC KEY BLOCK-----"
)
_SECONDS = 120.0
_PIECE = 1 << 20
NO_GPGV = "gpgv is not installed here"


@dataclass(frozen=True, slots=True)
class Signed:
    """`key`: the fingerprint of the key that made the signature; `expired`: it has expired since."""

    key: str
    expired: bool = False


def have_gpgv() -> bool:
    return shutil.which("gpgv") is not None


def check(file: Path, signature: bytes, keyring: bytes, name: str, *, unpacked: bool = False) -> Signed:
    """The signature of a file, `name` for people. `unpacked`: it is of what the file decompresses to. Raises
    SignatureBad, InputError (the keys cannot be read)."""
    with tempfile.TemporaryDirectory(prefix="syncbot-gpgv-") as folder:
        keys, sign = Path(folder) / "keys.gpg", Path(folder) / "signature"
        keys.write_bytes(keys_of(keyring))
        sign.write_bytes(signature)
        command = ["gpgv", "--homedir", folder, "--status-fd", "1", "--keyring", str(keys), "--", str(sign), "-"]
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": str(Path(shutil.which("gpgv") or "gpgv").parent)},
        )
        try:
            _feed(cast(IO[bytes], process.stdin), file, unpacked=unpacked)
            said = process.communicate(timeout=_SECONDS)[0].decode("utf-8", "replace")
        finally:
            process.kill()
            process.wait()
    return _meant(said, name)


def keys_of(content: bytes) -> bytes:
    """The keys as gpgv reads them: armour is taken off. Raises InputError."""
    if b"-----BEGIN PGP" not in content:
        return content
    try:
        found = [base64.b64decode(block["body"], validate=False) for block in _ARMOUR.finditer(content)]
    except binascii.Error:
        found = []
    if not found:
        raise InputError("the file of upstream's keys holds no OpenPGP key", "export them: gpg --export --armor KEY")
    return b"".join(found)


def _feed(into: IO[bytes], file: Path, *, unpacked: bool) -> None:
    try:
        for piece in _pieces(file, unpacked=unpacked):
            into.write(piece)
    except BrokenPipeError:
        return  # it has said what it has to say
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise InputError(f"{file.name} cannot be unpacked ({error})", "fetch it again") from error


def _pieces(file: Path, *, unpacked: bool) -> Iterator[bytes]:
    with file.open("rb") as raw:
        head = raw.read(6)
        raw.seek(0)
        stream: IO[bytes] = raw
        if unpacked and head.startswith(b"\x1f\x8b"):
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw))
        elif unpacked and head.startswith(b"BZh"):
            stream = cast(IO[bytes], bz2.BZ2File(raw))
        elif unpacked and head.startswith(b"\xfd7zXZ"):
            stream = cast(IO[bytes], lzma.LZMAFile(raw))  # noqa: SIM115  # `raw` is closed, and that is all it holds
        while piece := stream.read(_PIECE):
            yield piece


def _meant(said: str, name: str) -> Signed:
    """What gpgv's status lines come to."""
    words = [line.split()[1:] for line in said.splitlines() if line.startswith("[GNUPG:] ")]
    by = {word[0]: word[1:] for word in words if word}
    good = by.get("VALIDSIG")
    if good and "BADSIG" not in by and "REVKEYSIG" not in by:
        return Signed(good[0], "EXPKEYSIG" in by)
    remedy = "do not use this release before you know why"
    if "REVKEYSIG" in by:
        raise SignatureBad(f"the signature of {name} was made by a key that was revoked", remedy)
    if "BADSIG" in by:
        raise SignatureBad(f"the signature of {name} is bad: it is not of this file", remedy)
    unknown = by.get("NO_PUBKEY") or by.get("ERRSIG")
    if unknown:
        raise SignatureBad(
            f"the signature of {name} was made by the key {unknown[0]}, which is none of upstream's", remedy
        )
    raise SignatureBad(f"the signature of {name} cannot be read", remedy)
