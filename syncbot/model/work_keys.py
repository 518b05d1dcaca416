"""The keys of what the bot does by itself: schedules, failures, politeness, hooks, what is thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from syncbot.model.news_kinds import NewsKind
from syncbot.model.schedules import Pause, Schedule, duration, misunderstood, pause, shown
from syncbot.model.settings import Failing, Hooks, Politeness, Retention, Running
from syncbot.model.tables import COUNT, NAMES, TEXT, Key, Kind, Values, Wrong, refined
from syncbot.model.windows import EXPECTED, parse

_RUNNING, _FAILING, _POLITE, _HOOKS, _KEPT = Running(), Failing(), Politeness(), Hooks(), Retention()
_EXPECTED = 'a duration such as "90s", "5m", "6h", "7d" or "2w"'


def _span(value: object) -> timedelta:
    found = duration(value) if isinstance(value, str) else None
    if found is None:
        raise Wrong(_EXPECTED)
    return found


def _age(value: object) -> timedelta | None:
    if value == "never":
        return None
    found = duration(value) if isinstance(value, str) else None
    if not found:
        raise Wrong(f'{_EXPECTED}, or "never"')
    return found


def _rate(value: object) -> int | None:
    if value == "none":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise Wrong('a whole number above zero, or "none"')
    return value


def _each(rule: Callable[[str], bool], expected: str) -> Callable[[object], tuple[str, ...]]:
    def read(value: object) -> tuple[str, ...]:
        found = NAMES.read(value)
        for text in found:
            if not rule(text):
                raise Wrong(expected, culprit=text)
        return found

    return read


def _pauses(value: object) -> tuple[Pause, ...]:
    found = []
    for text in NAMES.read(value):
        made = pause(text)
        if made is None:
            raise Wrong('a day such as "2026-12-24", or days such as "2026-12-24..2027-01-02"', culprit=text)
        found.append(made)
    return tuple(found)


def _kinds(value: object) -> tuple[NewsKind, ...]:
    known = {kind.value: kind for kind in NewsKind}
    found = NAMES.read(value)
    for text in found:
        if text not in known:
            raise Wrong(f"one of {', '.join(known)}", culprit=text)
    return tuple(known[text] for text in found)


def _schedules(value: object) -> tuple[Schedule, ...]:
    remedy = 'write [schedules.NAME] with when = "0 * * * *" and packages = ["..."] or owners = ["..."]'
    if not isinstance(value, Mapping):
        raise Wrong("a table of schedules", remedy)
    return tuple(_schedule(name, table, remedy) for name, table in value.items())


def _schedule(name: str, table: object, remedy: str) -> Schedule:
    if not isinstance(table, Mapping):
        raise Wrong("a table", remedy, culprit=table, entry=name)
    unknown = [word for word in table if word not in ("when", "packages", "owners", "timezone", "jitter")]
    if unknown:
        raise Wrong("one of when, packages, owners, timezone and jitter", remedy, culprit=unknown[0], entry=name)
    try:
        when = refined(TEXT, misunderstood).read(table.get("when"))
        packages, owners = NAMES.read(table.get("packages", [])), NAMES.read(table.get("owners", []))
        jitter = _span(table["jitter"]) if "jitter" in table else None
        timezone = TEXT.read(table.get("timezone", ""))
    except Wrong as wrong:
        raise Wrong(wrong.expected, wrong.remedy or remedy, culprit=_guilty(table, wrong), entry=name) from None
    if not packages and not owners:
        raise Wrong("for packages or owners", remedy, culprit=when, entry=name)
    return Schedule(name, when, packages, owners, timezone, jitter)


def _guilty(table: Mapping[str, Any], wrong: Wrong) -> object:
    """What to show of a schedule that is wrong: the item, or the value that is not what it must be."""
    if wrong.culprit is not None:
        return wrong.culprit
    if wrong.expected == _EXPECTED:
        return table.get("jitter")
    listed = [table[word] for word in ("packages", "owners") if word in table]
    wrong_list = next((v for v in listed if not isinstance(v, list)), None)
    return wrong_list if "list" in wrong.expected else table.get("when", "nothing")


_SPAN = Kind("duration", _span)
_AGE = Kind('duration or `"never"`', _age)


def _span_key(name: str, default: timedelta, sentence: str) -> Key[timedelta]:
    return Key(name, _SPAN, default, f'"{shown(default)}"', sentence)


def _age_key(name: str, default: timedelta | None, sentence: str) -> Key[timedelta | None]:
    return Key(name, _AGE, default, '"never"' if default is None else f'"{shown(default)}"', sentence)


SCHEDULES: Key[tuple[Schedule, ...]] = Key(
    "schedules",
    Kind("table of schedules", _schedules),
    (),
    "none",
    "Times of their own for packages or owners: `[schedules.NAME]` with `when`, `packages` or `owners`, and if wanted "
    "`timezone` and `jitter`. All other packages go by `schedule`.",
)
JITTER = _span_key("run.jitter", _RUNNING.jitter, "By how much a run may start later, at random: many bots, one hour.")
MISFIRE = _span_key(
    "run.misfire", _RUNNING.misfire, "How late a run may start that could not start in time; a later one is left out."
)
WINDOWS: Key[tuple[str, ...]] = Key(
    "run.windows",
    Kind("list of strings", _each(lambda text: parse(text) is not None, EXPECTED)),
    _RUNNING.windows,
    "empty",
    'When `syncbot run` may start a run, such as `"mon-fri 08:00-18:00"`; empty: always.',
)
PAUSES: Key[tuple[Pause, ...]] = Key(
    "run.pauses",
    Kind("list of strings", _pauses),
    _RUNNING.pauses,
    "empty",
    'Days on which `syncbot run` starts nothing, such as `"2026-12-24..2027-01-02"`.',
)
ADDRESS = Key(
    "run.address",
    refined(TEXT, lambda text: None if not text or _is_address(text) else 'HOST:PORT, such as "127.0.0.1:9464"'),
    _RUNNING.address,
    '""',
    "Where `syncbot run` serves `/metrics`, `/healthz`, `/readyz` and `/events.atom`; empty: nowhere.",
)
TEXTFILE = Key(
    "run.textfile",
    TEXT,
    _RUNNING.textfile,
    '""',
    "A file that every run writes its metrics to, for Prometheus' textfile collector; empty: none.",
)
AFTER = Key(
    "failures.after",
    COUNT,
    _FAILING.after,
    str(_FAILING.after),
    "How often in a row a package may fail before it is put aside for a while.",
)
FIRST = _span_key("failures.first-pause", _FAILING.first, "How long it is put aside then; each time twice as long.")
LONGEST = _span_key("failures.longest-pause", _FAILING.longest, "How long it is put aside at most.")
INTERVAL = _span_key(
    "upstreams.interval",
    _POLITE.interval,
    "How long an upstream is not asked again; a sync of packages that are named asks all the same.",
)
PER_HOST = Key(
    "upstreams.per-host",
    COUNT,
    _POLITE.per_host,
    str(_POLITE.per_host),
    "How many requests and transfers one host is asked for at a time, by all processes of this machine.",
)
PER_MINUTE: Key[int | None] = Key(
    "upstreams.per-minute",
    Kind('integer or `"none"`', _rate),
    _POLITE.per_minute,
    '"none"' if _POLITE.per_minute is None else str(_POLITE.per_minute),
    "How many requests one host is sent within a minute, by all processes of this machine.",
)
CONTACT = Key(
    "upstreams.contact",
    refined(TEXT, lambda text: None if text.isprintable() and text.isascii() else "one line of ASCII"),
    _POLITE.contact,
    '""',
    "An address or page at which you can be reached: it stands in the User-Agent.",
)
URLS: Key[tuple[str, ...]] = Key(
    "hooks.urls",
    Kind("list of strings", _each(lambda text: text.startswith(("https://", "http://")), "an http or https address")),
    _HOOKS.urls,
    "none",
    "Where news are posted to, as JSON, signed with `SYNCBOT_HOOK_SECRET`.",
)
EVENTS: Key[tuple[NewsKind, ...]] = Key(
    "hooks.events",
    Kind("list of strings", _kinds),
    _HOOKS.events,
    "[" + ", ".join(f'"{kind.value}"' for kind in NewsKind) + "]",
    "Which news are posted.",
)
FEED = Key("hooks.feed", TEXT, _HOOKS.feed, '""', "A file that every sync writes the newest news to, as an Atom feed.")
MIRRORS = _age_key("gc.mirrors", _KEPT.mirrors, "How long a mirror is kept that no package uses any more.")
DOWNLOADS = _age_key(
    "gc.downloads", _KEPT.downloads, "How long a download or a registry's page is kept that nobody used."
)
VERDICTS = _age_key(
    "gc.verdicts",
    _KEPT.verdicts,
    "How long verdicts are kept that never stood; those that did are history, and kept.",
)
RUNS = _age_key("gc.runs", _KEPT.runs, "How long the records of runs, and news, are kept.")
LOGS = _age_key(
    "gc.logs",
    _KEPT.logs,
    "How long results and logs of `verify`, and lock files, are kept that no open proposal tells of.",
)
BUNDLES = _age_key("gc.bundles", _KEPT.bundles, "How long the bundles are kept that `syncbot restore` wrote.")

WORK_KEYS: tuple[Key[Any], ...] = (
    *(SCHEDULES, JITTER, MISFIRE, WINDOWS, PAUSES, ADDRESS, TEXTFILE),
    *(AFTER, FIRST, LONGEST),
    *(INTERVAL, PER_HOST, PER_MINUTE, CONTACT),
    *(URLS, EVENTS, FEED),
    *(MIRRORS, DOWNLOADS, VERDICTS, RUNS, LOGS, BUNDLES),
)


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdigit() and 0 <= int(port) < 65536


def read_running(values: Values) -> Running:
    return Running(
        schedules=values.get(SCHEDULES),
        jitter=values.get(JITTER),
        misfire=values.get(MISFIRE),
        windows=values.get(WINDOWS),
        pauses=values.get(PAUSES),
        address=values.get(ADDRESS),
        textfile=values.get(TEXTFILE),
    )


def read_failing(values: Values) -> Failing:
    return Failing(values.get(AFTER), values.get(FIRST), values.get(LONGEST))


def read_politeness(values: Values) -> Politeness:
    return Politeness(values.get(INTERVAL), values.get(PER_HOST), values.get(PER_MINUTE), values.get(CONTACT))


def read_hooks(values: Values) -> Hooks:
    return Hooks(values.get(URLS), values.get(EVENTS), values.get(FEED))


def read_retention(values: Values) -> Retention:
    ages = (MIRRORS, DOWNLOADS, VERDICTS, RUNS, LOGS, BUNDLES)
    return Retention(*(values.get(age) for age in ages))
