"""The hidden last line of a proposal's body: what it is, so that it is found again from the forge alone.

It is an HTML comment of JSON in which no character means anything to Markdown, HTML or a forge's references. Whoever
reads one must check who wrote the body: anybody can copy a marker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from syncbot.model.ids import CommitId, Fingerprint, PackageName
from syncbot.model.proposals import Beside

_MARKER = re.compile(r"\n*<!-- syncbot:proposal/1 (\{[^<>]*\}) -->\s*$")
_ANY = re.compile(r"<!--\s*syncbot:proposal/1 ", re.IGNORECASE)
_MEANT = re.compile(r"[<>&@#`/*_~|!-]")
"""What could end the comment, or mean something to a forge. None of it stands outside of JSON's strings."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Marker:
    """`base`: the downstream branch; `title`: as syncbot wrote it; `labels`: those that are syncbot's; `at`: when it
    wrote the version; `draft`: as it asked for, whatever a person or the forge made of it. `ended`: empty while it is
    open to syncbot's knowledge, else `closed` or `rejected`, with the reason in `note`; `note` of an open one: what
    stands in the way of updating it."""

    package: PackageName
    line: str
    branch: str
    base: str
    tip: CommitId
    parent: CommitId
    title: str
    fingerprint: Fingerprint
    target: str
    at: datetime
    draft: bool = False
    labels: tuple[str, ...] = ()
    ended: str = ""
    note: str = ""
    beside: Beside | None = None
    """A newer version on another branch."""

    def of(self, newer: Beside) -> Marker:
        """As it would be, did the version beside it stand on its own branch."""
        return replace(
            self,
            tip=newer.tip,
            parent=newer.parent,
            title=newer.title,
            fingerprint=newer.fingerprint,
            draft=newer.draft,
            target=newer.target_version,
        )


def write(body: str, marker: Marker) -> str:
    """The body with the marker as its last line."""
    row = asdict(marker) | {"at": marker.at.isoformat()}
    if marker.beside is None:
        del row["beside"]
    text = json.dumps(row, separators=(",", ":"))  # ASCII: anything else is \\uXXXX already
    text = _MEANT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return f"{_ANY.sub('<!-- ', body).rstrip()}\n\n<!-- syncbot:proposal/1 {text} -->\n"


def read(body: str) -> tuple[str, Marker | None]:
    """The body without its marker, and the marker; None where there is none that can be read."""
    found = _MARKER.search(body)
    if found is None:
        return body, None
    try:
        marker = _of(json.loads(found[1]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return body, None
    return body[: found.start()].replace("\r\n", "\n").rstrip() + "\n", marker


def _of(row: Mapping[str, Any]) -> Marker:
    words = {key: row[key] for key in ("package", "line", "branch", "base", "title", "fingerprint", "target")}
    commits = {key: row[key] for key in ("tip", "parent")}
    if not all(isinstance(word, str) for word in (*words.values(), row["ended"], row["note"])):
        raise ValueError("not text")
    if not all(isinstance(id, str) and _COMMIT.fullmatch(id) for id in commits.values()):
        raise ValueError("no commit")
    at = datetime.fromisoformat(row["at"])
    if at.tzinfo is None or not all(isinstance(label, str) for label in row["labels"]):
        raise ValueError("no time, or no labels")
    rest: dict[str, Any] = {**words, **commits}
    told = {"labels": tuple(row["labels"]), "ended": row["ended"], "note": row["note"]}
    beside = None if row.get("beside") is None else _beside(row["beside"])
    return Marker(**rest, at=at, draft=row["draft"] is True, beside=beside, **told)


def _beside(row: Mapping[str, Any]) -> Beside:
    found = Beside(**row)
    words = (found.branch, found.title, found.fingerprint, found.target_version)
    if not all(isinstance(word, str) for word in words) or not isinstance(found.draft, bool):
        raise ValueError("not text")
    if not all(isinstance(id, str) and _COMMIT.fullmatch(id) for id in (found.tip, found.parent)):
        raise ValueError("no commit")
    return found
