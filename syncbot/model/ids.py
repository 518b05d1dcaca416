"""Types of the identifiers that must not be mixed up."""

from __future__ import annotations

from typing import NewType

CommitId = NewType("CommitId", str)
"""40 lower-case hex digits."""
BlobId = NewType("BlobId", str)
"""The git object id (sha1 hex) of a file's content, whatever kind of tree holds it."""
PackageName = NewType("PackageName", str)
"""The name of a tracked package: the folder under `patches/`."""
PatchName = NewType("PatchName", str)
"""A patch as its series names it, such as `sub/0001-fix.patch`."""
Digest = NewType("Digest", str)
"""`algorithm:hex`, such as `sha256:9f86...`."""
Fingerprint = NewType("Fingerprint", str)
"""Identity by content of a plan or a proposal: sha256 hex."""
