"""What a patch's own text claims about upstream: evidence to check, never a ground to drop.

Read where people write it: mail headers and trailers, DEP-3 fields, Upstream-Status, commit ids, CVE, GHSA and bug ids,
in the file name too. Formats: DEP-3 (dep-team.pages.debian.net), OpenEmbedded's Upstream-Status, git's `-x` trailer,
the stable kernel's `[ Upstream commit ... ]`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_COMMIT = re.compile(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])")
_CVE = re.compile(r"(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})", re.I)
_FIELD = re.compile(r"^(?:[#*] ?)?([A-Za-z][A-Za-z-]+)\s*:\s*(.*)$")
_FROM = re.compile(r"^From ([0-9a-f]{40}) ")
_BUG = re.compile(r"(?:^|[\s(/])(?:#|bug[ #=]|issues/|pull/|id=|\?)(\d{2,7})\b", re.I)
_NAME_BUG = re.compile(r"(?<![a-z])(?:bug|issue|lp|gh|pr|closes)[-_#]?(\d{2,7})(?!\d)", re.I)
_PICKED = re.compile(
    r"(?:cherry[- ]picked(?: from)?(?: commit)?|back-?port(?:ed)?(?: of| from)(?: commit)?|upstream commit:?|commit)"
    r"\s+([0-9a-f]{7,40})\b",
    re.I,
)
_STABLE = re.compile(r"\[\s*(?:upstream )?commit ([0-9a-f]{7,40})|\[\s*upstream ([0-9a-f]{7,40})\s*\]", re.I)
_URL_ID = re.compile(r"(?:/commits?/|/\+/|[?;&](?:id|h)=|/rev/|commit[:=])([0-9a-f]{7,40})(?![0-9a-z])", re.I)
_OTHER = re.compile(r"\b(?:revert(?:s|ed|ing)?|fixes|introduced|regress\w*|caused|broken?|since)\b[^\n]{0,60}$", re.I)
"""What stands before the id of a commit that is not this change, but the one that it mends or undoes."""
_BUG_FIELD = re.compile(r"^(?:bug(?:-[a-z]+)?|bugs?|closes|resolves|references|issue|lp|launchpad|bugzilla)$", re.I)
_PLANNED = re.compile(
    r"^(yes|no|not[- ]needed|n/?a|none|pending|submitted|inappropriate|denied|todo|later|other|vendor)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Declarations:
    """Claims, in the order met. `commits`: upstream commit ids (7 to 40 hex digits); `merged`: the words that say that
    it came from or went into upstream, empty where nothing does; `status`: Forwarded or Upstream-Status as written."""

    commits: tuple[str, ...]
    advisories: tuple[str, ...]
    bugs: tuple[str, ...]
    merged: str
    status: str
    dated: date | None = None
    """The day that the change was first written, as far as its header says."""
    mentioned: tuple[str, ...] = ()
    """Commit ids that stand in an address, or are said to be mended or undone: evidence alone, no claim."""
    trackers: tuple[str, ...] = ()
    """What fields such as `Bug`, `Bug-Debian` and `Closes` say, as written."""

    @property
    def from_upstream(self) -> bool:
        """Whether it says that it is upstream's own change, or fixes what an advisory names."""
        return bool(self.merged or self.commits or self.advisories)


def read(header: bytes, name: str = "") -> Declarations:
    """The claims in a patch's header (the text before its first diff) and file name."""
    text = header.decode("utf-8", "replace")
    lines = [line for line in text.splitlines() if not _FROM.match(line)]
    # the id in a mail's first line is that of whatever repository it was exported from, most often downstream's own
    body = "\n".join(lines)
    claimed, others = _ids(body)
    merged = status = ""
    trackers: dict[str, None] = {}
    for line in lines:
        field = _FIELD.match(line)
        if field is None:
            continue
        key, value = field[1].lower(), field[2].strip()
        if key in ("forwarded", "upstream-status"):
            status = status or value
        if _BUG_FIELD.match(key) and value:
            trackers.setdefault(line.strip()[:_LONGEST])
        if not merged and _says_merged(key, value):
            merged = line.strip()
    if not merged and claimed:
        merged = next((m[0] for pattern in (_PICKED, _STABLE) for m in pattern.finditer(body) if _claims(body, m)), "")
    return Declarations(
        tuple(claimed),
        tuple(dict.fromkeys(m.upper() for m in _CVE.findall(f"{name}\n{text}"))),
        tuple(dict.fromkeys([*_NAME_BUG.findall(name), *(m[1] for m in _BUG.finditer(text))])),
        merged,
        status,
        _dated(text),
        tuple(others),
        tuple(trackers)[:_MOST_TRACKERS],
    )


_LONGEST = 300
_MOST_TRACKERS = 8


def _ids(body: str) -> tuple[list[str], list[str]]:
    """The commits that the text says it is, and those that it only speaks of."""
    claimed: dict[str, None] = {}
    others: dict[str, None] = {}
    for pattern in (_PICKED, _STABLE, _COMMIT):
        for found in pattern.finditer(body):
            id = (found[found.lastindex or 0]).lower()
            (claimed if _claims(body, found) else others).setdefault(id)
    for found in _URL_ID.finditer(body):
        others.setdefault(found[1].lower())
    named = [id for id in claimed if set(id) != {"0"}]
    return named, [id for id in others if id not in claimed and set(id) != {"0"}]


def _claims(body: str, found: re.Match[str]) -> bool:
    """Whether the id is not one that the change mends or undoes, as the words before it say."""
    return _OTHER.search(body, max(body.rfind("\n", 0, found.start()) + 1, found.start() - 80), found.start()) is None


def _dated(text: str) -> date | None:
    """The earliest Date field, else the earliest Last-Update."""
    days = [day for m in re.finditer(r"^Date:\s*(.*)$", text, re.M) if (day := _day(m[1]))]
    days = days or [day for m in re.finditer(r"^Last-Updated?:\s*(.*)$", text, re.M) if (day := _day(m[1]))]
    return min(days, default=None)


def _day(text: str) -> date | None:
    try:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415  # it loads sockets; few headers need it

        return parsedate_to_datetime(text).date()
    except (TypeError, ValueError, IndexError):
        pass
    found = re.search(r"(\d{4})-(\d\d)-(\d\d)", text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _says_merged(key: str, value: str) -> bool:
    """Whether a field says that upstream has the change, or that the change came from upstream."""
    if not value:
        return False
    if key == "applied-upstream":
        return not value.lower().startswith(("no", "n/a"))
    if key == "origin":
        return value.lower().startswith(("upstream", "backport")) or bool(_COMMIT.search(value))
    if key == "upstream-status":
        return value.lower().startswith(("backport", "accepted", "merged"))
    if key == "forwarded":
        return not _PLANNED.match(value) and value.lower().startswith(("commit", "merged", "accepted"))
    return False
