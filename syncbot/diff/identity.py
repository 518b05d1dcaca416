"""A patch's identity by what it changes: the same however it is commented, where it stands, what surrounds it.

Our own normal form: git's patch-id takes no patch without `diff --git`, none with a binary part, and counts context.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from syncbot.diff.parse import parse_patch
from syncbot.diff.patch import FilePatch
from syncbot.errors import SyncbotError
from syncbot.model.trees import FILE


@lru_cache(maxsize=4096)
def patch_id(content: bytes, strip: int | None = None) -> str:
    """sha256 hex over each file's paths, modes and added and removed lines, in order. What cannot be read as a patch,
    or changes nothing, is its own bytes."""
    try:
        files = parse_patch(content, strip).files
    except SyncbotError:
        files = ()
    if not files:
        return hashlib.sha256(b"raw\0" + content).hexdigest()
    made = hashlib.sha256(b"patch\0")
    for file in files:
        for part in _parts(file):
            made.update(b"%d:" % len(part) + part)
    return made.hexdigest()


def _parts(file: FilePatch) -> list[bytes]:
    plain = file.new_mode == file.old_mode or (file.old_mode is None and file.new_mode == FILE)
    mode = None if plain else file.new_mode
    parts = [repr((file.old_path, file.new_path, mode, file.renamed, file.copied, file.binary)).encode()]
    for hunk in file.hunks:
        parts += [tag.encode() + text.rstrip(b"\r\n") for tag, text in hunk.lines if tag != " "]
    return parts
