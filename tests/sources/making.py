"""Archives made in memory, and the digests that registries publish of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping


def make_tar(files: Mapping[str, bytes], kind: str = "gz") -> bytes:
    """A tar archive of plain files."""
    return make_tar_of([(file_info(name), content) for name, content in files.items()], kind)


def file_info(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def make_tar_of(members: list[tuple[tarfile.TarInfo, bytes]], kind: str = "gz") -> bytes:
    made = io.BytesIO()
    plain = kind in ("", "gz")
    with tarfile.open(fileobj=made, mode="w" if plain else f"w:{kind}") as tar:  # type: ignore[call-overload]  # the mode is computed
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(made.getvalue(), mtime=0) if kind == "gz" else made.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def quiet(what: str, done: int, total: int) -> None:
    """No progress."""
