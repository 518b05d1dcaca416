"""The facts of a patch: what follows from its text and its name alone."""

from __future__ import annotations

import re

from syncbot.diff.parse import parse_patch
from syncbot.errors import SyncbotError
from syncbot.judge import declarations
from syncbot.model.measures import Facts, Forwarded

_REFUSED = re.compile(r"(?:denied|rejected|wont-?fix)\b", re.IGNORECASE)
_NO_NEED = re.compile(r"(?:not[- ]needed|no[- ]need|n/?a\b|inappropriate|none\b)", re.IGNORECASE)
_NOT_SENT = re.compile(r"(?:no|pending|todo|later|not[- ]yet)\b", re.IGNORECASE)
_SENT = re.compile(r"(?:yes|submitted|sent|forwarded|inactive)\b|https?://|\S+@\S+|#?\d+$", re.IGNORECASE)
_MOST_SUBJECT = 200
_TAGS = (
    (re.compile(r"UPSTREAM: ?<(?:carry|drop)>", re.IGNORECASE), Forwarded.NO_NEED),
    (re.compile(r"UPSTREAM: ?#?\d+\b|FROMLIST:"), Forwarded.SENT),
    (re.compile(r"(?:UPSTREAM|BACKPORT|FROMGIT):"), Forwarded.UPSTREAM),
    (re.compile(r"(?:ANDROID|CHROMIUM|REDHAT|RHEL):"), Forwarded.NO_NEED),
)
"""What forks write before a subject: OpenShift's numbers and words, the tags of ChromiumOS' and Android's kernels."""


def facts(content: bytes, strip: int | None, name: str) -> Facts:
    """The facts of one patch. What cannot be read as a patch has its header's alone."""
    try:
        patch = parse_patch(content, strip)
    except SyncbotError:
        said = declarations.read(b"", name)
        return Facts((), 0, 0, 0, cves=said.advisories, readable=False)
    added = removed = weight = 0
    for file in patch.files:
        for hunk in file.hunks:
            for tag, text in hunk.lines:
                if tag == " ":
                    continue
                weight += len(text)
                added, removed = added + (tag == "+"), removed + (tag == "-")
    header = b"\n".join(commit.header for commit in patch.commits)
    said = declarations.read(header, name)
    subject = next((commit.subject for commit in patch.commits if commit.subject), "")
    return Facts(
        paths=tuple(dict.fromkeys(file.path for file in patch.files)),
        added=added,
        removed=removed,
        weight=weight,
        subject=subject[:_MOST_SUBJECT],
        written=said.dated,
        cves=said.advisories,
        forwarded=forwarded(said, subject),
    )


def forwarded(said: declarations.Declarations, subject: str = "") -> Forwarded:
    """What a header says about upstream: DEP-3's Forwarded, OpenEmbedded's Upstream-Status, what stands before its
    subject. A claim that the change is upstream's own goes first."""
    if said.merged:
        return Forwarded.UPSTREAM
    status = said.status.strip()
    if not status:
        return next((meaning for tag, meaning in _TAGS if tag.match(subject)), Forwarded.UNKNOWN)
    for pattern, meaning in (
        (_REFUSED, Forwarded.REFUSED),
        (_NO_NEED, Forwarded.NO_NEED),
        (_NOT_SENT, Forwarded.NOT_SENT),
        (_SENT, Forwarded.SENT),
    ):
        if pattern.match(status):
            return meaning
    return Forwarded.UNKNOWN
