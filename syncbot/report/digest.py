"""A digest of a day or a week: what changed, and what is asked of the reader; as Markdown, Atom, a document. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.etree import ElementTree

from syncbot.model.events import Deed, Event
from syncbot.model.ids import PackageName
from syncbot.model.measures import PackageMeasure
from syncbot.report.measured import Measured
from syncbot.report.safe import line, markdown
from syncbot.report.supply import Document
from syncbot.report.words import plural

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Item:
    """One package: a sentence for each change, oldest first, and for each thing that is asked. `updated`: when the last
    of them came up."""

    package: PackageName
    owners: tuple[str, ...]
    changed: tuple[str, ...]
    asked: tuple[str, ...]
    updated: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """`weekly`: of seven days, else of one. `items`: packages about which there is something to say, in order of
    name."""

    at: datetime
    since: datetime
    weekly: bool
    owner: str | None
    items: tuple[Item, ...]

    @property
    def title(self) -> str:
        of = f" of {self.owner}" if self.owner is not None else ""
        return f"{'Weekly' if self.weekly else 'Daily'} digest{of}, {self.at.date().isoformat()}"


def digest(found: Measured, events: Sequence[Event], *, weekly: bool, owner: str | None = None) -> Digest:
    """Of the packages that were chosen. `events`: their whole history, newest first."""
    since = found.at - timedelta(days=7 if weekly else 1)
    of_package: dict[PackageName, list[Event]] = {}
    for event in events:
        of_package.setdefault(event.package, []).append(event)
    made = (_item(package, of_package.get(package.package, ()), since, found.at) for package in found.packages)
    return Digest(found.at, since, weekly, owner, tuple(item for item in made if item is not None))


def _item(package: PackageMeasure, events: Sequence[Event], since: datetime, at: datetime) -> Item | None:
    recent = [event for event in events if event.at >= since]
    changed = tuple(_changes(recent))
    asked = tuple(_asked(package, events))
    if not changed and not asked:
        return None
    told = [patch.told.at for patch in package.patches if patch.told is not None and patch.told.action.waits]
    moments = [event.at for event in recent] or told or [event.at for event in events[:1]]
    return Item(package.package, package.owners, changed, asked, max(moments, default=at))


def _changes(recent: Sequence[Event]) -> Iterator[str]:
    """Oldest first; of several judgements only the last counts."""
    judged = next((event for event in recent if event.deed is Deed.JUDGED), None)
    for event in reversed(recent):
        if event.deed is Deed.JUDGED:
            if event is judged:
                yield _judged(event)
        elif event.deed is Deed.DROPPED:
            yield f"{line(event.subject)} was dropped with release {line(event.target)}."
        elif event.deed is Deed.PROPOSED:
            yield f"Proposal {event.proposal} was opened: {line(event.subject)}."
        else:
            yield f"Proposal {event.proposal} was {event.deed.value}."


def _judged(event: Event) -> str:
    step = f"Release {line(event.target)} was judged, from {line(event.base)}"
    if not event.patches:
        return f"{step}: no patches."
    patches, lines = plural(event.patches, "patch"), plural(event.lines or 0, "line")
    if event.patches != event.patches_after:
        patches = f"{event.patches} -> {event.patches_after} patches"
    if event.lines != event.lines_after:
        lines = f"{event.lines} -> {event.lines_after} lines"
    asks = f", {plural(event.asks, 'patch')} for a person" if event.asks else ""
    return f"{step}: {patches}, {lines}{asks}."


def _asked(package: PackageMeasure, events: Sequence[Event]) -> Iterator[str]:
    for alert in package.alerts:
        yield f"{line(alert)}."
    answered = {event.proposal for event in events if event.deed in _ANSWERS}
    for event in reversed(events):
        if event.deed is Deed.PROPOSED and event.proposal not in answered:
            yield f"Review proposal {event.proposal}: {line(event.subject)}."
    for patch in package.patches:
        if patch.told is not None and patch.told.action.waits:
            yield f"Settle {line(patch.name)} for release {line(patch.told.target)}: {patch.told.verdict.sentence}"


_ANSWERS = frozenset({Deed.ACCEPTED, Deed.REJECTED, Deed.CLOSED})


def to_markdown(found: Digest) -> str:
    parts = [f"# {markdown(found.title)}"]
    if not found.items:
        parts.append("Nothing changed, and nothing is asked of you.")
    for title, of in (("Asked of you", "asked"), ("What changed", "changed")):
        rows = [(item.package, getattr(item, of)) for item in found.items]
        lines = [f"- **{markdown(name)}**: {markdown(said)}" for name, sentences in rows for said in sentences]
        parts += [f"## {title}\n\n" + "\n".join(lines)] if lines else []
    return "\n\n".join(parts) + "\n"


def to_atom(found: Digest) -> str:
    """A feed with an entry for each package. An entry has the same id as long as it says the same."""
    ElementTree.register_namespace("", _ATOM)
    of = "all" if found.owner is None else found.owner
    period = "weekly" if found.weekly else "daily"
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "title", f"syncbot: {found.title}")
    _add(feed, "id", f"urn:syncbot:digest:{period}:{_short(of)}")
    _add(feed, "updated", max((item.updated for item in found.items), default=found.since).isoformat())
    _add(_add(feed, "author"), "name", "syncbot")
    for item in found.items:
        entry = _add(feed, "entry")
        said = [*item.asked, *item.changed]
        asks = f": {plural(len(item.asked), 'thing')} to do" if item.asked else ""
        _add(entry, "title", f"{line(item.package)}{asks}")
        _add(entry, "id", f"urn:syncbot:digest:{period}:{_short([of, item.package, said])}")
        _add(entry, "updated", item.updated.isoformat())
        _add(entry, "content", "\n".join(said), (("type", "text"),))
    ElementTree.indent(feed)
    text = ElementTree.tostring(feed, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _add(
    parent: ElementTree.Element, name: str, text: str = "", attributes: Sequence[tuple[str, str]] = ()
) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", dict(attributes))
    made.text = "\n".join(map(line, text.split("\n"))) or None
    return made


def _short(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def document(found: Digest) -> Document:
    return {
        "schema": "syncbot.digest/1",
        "at": found.at.isoformat(),
        "since": found.since.isoformat(),
        "weekly": found.weekly,
        "owner": found.owner,
        "packages": [
            {
                "package": item.package,
                "owners": list(item.owners),
                "asked": list(item.asked),
                "changed": list(item.changed),
                "updated": item.updated.isoformat(),
            }
            for item in found.items
        ],
    }
