"""Downstream's own word on a patch, where it stands in the patch: `UPSTREAM: <carry>` and `UPSTREAM: <drop>`.

OpenShift's convention for the subjects of the commits on its forks. `<carry>`: never dropped by the bot; `<drop>`: goes
with the next release. `UPSTREAM: 123` names a change of upstream's: that is a claim, which the judge checks.
"""

from __future__ import annotations

import re
from dataclasses import replace

from syncbot.model.packages import SeriesPatch

_SUBJECT = re.compile(rb"^Subject:[ \t]*(?P<text>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.MULTILINE | re.IGNORECASE)
_WORD = re.compile(r"(?:\[[^\]]*\]\s*)*(?:(?:fixup|squash|amend)! )*(?P<said>UPSTREAM:\s*<(?P<word>carry|drop)>)", re.I)
_HEAD = 16_384


def instruction(content: bytes) -> tuple[str, str]:
    """(why it stays, why it goes with the next release) as the patch's subject says it, each empty where it does
    not."""
    head = content[:_HEAD].split(b"\ndiff ", 1)[0]
    found = _SUBJECT.search(head)
    return _of_subject("" if found is None else b" ".join(found["text"].split()).decode("utf-8", "replace"))


def obeyed(patch: SeriesPatch) -> SeriesPatch:
    """The entry with what its own subject says; a person's pin in the settings comes first."""
    stays, goes = instruction(patch.content)
    return replace(patch, keep=patch.keep or stays or None, drop=goes)


def _of_subject(subject: str) -> tuple[str, str]:
    said = _WORD.match(subject)
    if said is None:
        return "", ""
    why = f"its subject says {said['said']}"
    return (why, "") if said["word"].lower() == "carry" else ("", why)
