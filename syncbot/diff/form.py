"""The form in which a patch is written: git's own, or the plain one of quilt and diff."""

from __future__ import annotations

import re

_GIT = re.compile(rb"^diff --git ", re.M)
_PLAIN = re.compile(
    rb"^diff --git [^\n]+\n(?:(?:new|deleted) file mode 100644\n)?(?=--- [^\n]+\n\+\+\+ [^\n]+\n@@ -)",
    re.M,
)
"""What git writes above a file's names, where it says nothing that they do not."""


def formed_like(before: bytes, patch: bytes) -> bytes:
    """`patch`, which is in git's form, without its `diff --git` lines where the one before had none: quilt and its
    people write none, and a refresh that adds them is noise. With a mode, a rename or a binary file it stays: what
    follows one of these would be taken for a part of it."""
    if _GIT.search(before) or not before.strip():
        return patch
    made = _PLAIN.sub(b"", patch)
    return patch if _GIT.search(made) else made
