"""The dashboard: one issue per repository that says what stands open, what waits for whom, and how the delta goes.

A pure function of a frozen summary. Every line has a box; a tick is an order to the bot.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from syncbot.report.controls import box, boxes, with_ticks
from syncbot.report.references import redirected
from syncbot.report.safe import code, line, markdown
from syncbot.report.words import plural

TITLE = "syncbot: dashboard"
MARKER = "<!-- syncbot:dashboard -->"
"""Of the only downstream branch, or the first."""
REBASE, AGAIN, HURRY = "rebase", "again", "hurry"
"""What a ticked box asks for: make this proposal anew; propose this again; wait for no limit."""
LIMIT = 63_000
_ROWS = 60
_STAMP = re.compile(r"^Last successful sync: (\S+ \S+) UTC\.$", re.MULTILINE)
_TIME = "%Y-%m-%d %H:%M"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One package. `box`: the name of its box (`rebase:3`); `title`: what it is about; `link`: where it is shown on the
    forge, empty where nowhere; `note`: why, a clause."""

    package: str
    box: str
    title: str
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`name` as people call it; `hint`: what a tick does there."""

    name: str
    hint: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The delta at one moment."""

    day: str
    packages: int
    patches: int
    lines: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """A patch that nobody has sent upstream, as far as its header says. `since`: `YYYY-MM-DD`."""

    package: str
    patch: str
    since: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`synced`: when the last sync that succeeded ended. `trend`: oldest first, the last is now."""

    sections: tuple[Section, ...]
    trend: tuple[Trend, ...]
    oldest: Unsent | None
    synced: datetime
    branch: str = ""
    """Of several downstream branches the one that it is about, empty: the only one, or the first."""


def title(branch: str = "") -> str:
    """Of the issue; each of several downstream branches has one of its own."""
    return f"{TITLE} of {branch}" if branch else TITLE


def marker(branch: str = "") -> str:
    """What the issue is known by. Two hyphens would end the comment, as with boxes."""
    return MARKER.replace(" -->", f" {quote(branch, safe='').replace('-', '%2D')} -->") if branch else MARKER


def hurry_box(package: str) -> str:
    # two hyphens would end the comment that the name stands in
    return f"{HURRY}:{quote(package, safe='', errors='surrogateescape').replace('-', '%2D')}"


def read_name(text: str) -> str:
    """The package of a box's name."""
    return unquote(text, errors="surrogateescape")


def body(summary: Dashboard) -> str:
    """The whole issue in Markdown, cut to what a forge takes."""
    most = _ROWS
    made = _body(summary, most)
    while len(made.encode("utf-16-le", "surrogatepass")) // 2 > LIMIT and most:
        most //= 2
        made = _body(summary, most)
    return made


def _body(summary: Dashboard, most: int) -> str:
    parts = [_head(summary)]
    parts += [_section(section, most) for section in summary.sections if section.rows]
    empty = [section.name.lower() for section in summary.sections if not section.rows]
    if empty:
        parts.append(f"Nothing is: {', '.join(empty)}.")
    parts += [_trend(summary.trend), _oldest(summary.oldest)]
    parts.append("Tick a box, and the next sync obeys it. Close this issue, and syncbot writes nothing more.")
    parts.append(f"Last successful sync: {summary.synced.strftime(_TIME)} UTC.")
    return "\n\n".join(part for part in (*parts, marker(summary.branch)) if part) + "\n"


def _head(summary: Dashboard) -> str:
    now = summary.trend[-1] if summary.trend else None
    carried = f"{plural(now.patches, 'patch')} in {plural(now.packages, 'package')}, {now.lines} lines" if now else ""
    counts = [f"{section.name.lower()} {len(section.rows)}" for section in summary.sections if section.rows]
    return f"**Carried: {carried}.** {(', '.join(counts) or 'nothing waits').capitalize()}."


def _section(section: Section, most: int) -> str:
    rows = [_row(row) for row in section.rows[:most]]
    more = [f"- and {len(section.rows) - most} more"] if len(section.rows) > most else []
    return "\n".join([f"### {section.name} ({len(section.rows)})", "", section.hint, "", *rows, *more])


def _row(row: Row) -> str:
    name = code(line(row.package, 100))
    shown = f"[{name}]({redirected(row.link)})" if row.link else name
    note = f" ({markdown(line(row.note, 300))})" if row.note else ""
    return box(row.box, f"{shown}: {markdown(line(row.title, 200))}{note}")


def _trend(trend: Sequence[Trend]) -> str:
    if not trend:
        return ""
    rows = [f"| {t.day} | {t.packages} | {t.patches} | {t.lines} |" for t in trend]
    head = ["### Delta", "", "| day | packages | patches | lines |", "|---|--:|--:|--:|"]
    return "\n".join([*head, *rows])


def _oldest(oldest: Unsent | None) -> str:
    if oldest is None:
        return "Every patch that is dated says that it was sent upstream, or need not be."
    return (
        f"The oldest patch that nobody has sent upstream: {code(line(oldest.patch, 200))} of "
        f"{code(line(oldest.package, 100))}, since {code(oldest.since)}."
    )


def merged(fresh: str, standing: str, obeyed: frozenset[str], now: datetime) -> str:
    """What to write over `standing`, the issue as it is right now: the fresh body with the ticks that were set since
    the run listened; and `standing` itself where nothing but a stamp of less than a day ago differs."""
    late = {name for name, is_ticked in boxes(standing).items() if is_ticked} - obeyed
    kept = with_ticks(fresh, late)
    stamp = _STAMP.search(standing)
    if stamp is None or not _is_fresh(stamp[1], now):
        return kept
    same = _STAMP.sub("", kept) == _STAMP.sub("", standing.replace("\r\n", "\n"))
    return standing if same else kept


def _is_fresh(stamp: str, now: datetime) -> bool:
    try:
        at = datetime.strptime(stamp, _TIME).replace(tzinfo=now.tzinfo)
    except ValueError:
        return False
    return timedelta(0) <= now - at < _DAY
