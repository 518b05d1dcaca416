"""`%changelog` in Fedora's form: `* Wed Jan 03 2024 Name <mail> - 1.2.3-1`, a line for each remark."""

from __future__ import annotations

import re

from syncbot.layouts.dist_git.macros import Scope, Unknown
from syncbot.layouts.dist_git.spec import Spec
from syncbot.layouts.draft import newline_of
from syncbot.layouts.origin import remarks
from syncbot.plan.model import Move

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ENTRY = re.compile(r"\* \w{3} \w{3} +\d{1,2} \d{4} [^<\n]*(?:<[^>\n]*>)?(?P<mark>[ \t]*-?[ \t]*)(?=\S)")


def with_entry(text: str, spec: Spec, move: Move, version: str, release: str) -> str:
    """The spec's text with one more entry. Without a %changelog, with %autochangelog, or with one that is kept in
    another file, it stays as it is. `spec` is what the text says."""
    start = next((at for at, line in enumerate(spec.lines) if line.heading and line.section == "changelog"), None)
    if start is None:
        return text
    below = [line.text for line in spec.lines[start + 1 :]]
    first = next((line for line in below if line.strip()), "")
    if not first.startswith("*"):
        return text
    newline = newline_of(text)
    said = remarks(move) or ["Rebuild"]
    mark = _ENTRY.match(first)
    sign = mark["mark"] if mark is not None and mark["mark"].strip() else " - " if mark is None else " "
    if mark is not None and not re.search(r"\d\S*-\S", first[mark.end("mark") :]):
        sign = ""
    full = f"{sign}{_epoch(spec)}{version}-{release}" if sign and release else ""
    when = move.when
    day = f"{_DAYS[when.weekday()]} {_MONTHS[when.month - 1]} {when.day:02d} {when.year}"
    entry = [f"* {day} {_plain(move.who)}{full}", *(f"- {_plain(line)}" for line in said)]
    head = "".join(line.text for line in spec.lines[: start + 1])
    gap = next((at for at, line in enumerate(below) if line.strip()), 0)
    spaced = any(not line.strip() for line in below[gap:]) or sum(line.startswith("* ") for line in below) < 2
    made = "".join(line + newline for line in (*entry, *([""] if spaced else [])))
    return head + "".join(below[:gap]) + made + "".join(below[gap:])


def _epoch(spec: Spec) -> str:
    tags = spec.tag("epoch")
    try:
        return f"{Scope(spec).expand(tags[0].value, tags[0].at)}:" if len(tags) == 1 else ""
    except Unknown:
        return ""


def _plain(text: str) -> str:
    """One line in which nothing is a macro."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("%", "%%")
