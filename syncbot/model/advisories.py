"""Advisories as OSV records tell them: which versions and commits fix a vulnerability. Pure; the text is hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncbot.errors import InputError
from syncbot.model.ids import CommitId
from syncbot.model.releases import Upstream
from syncbot.model.versions import normalise

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{2,99}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ECOSYSTEMS = {"pypi": "pypi", "npm": "npm"}
_NAME = re.compile(r"[-_.]+")
_MOST = 500
"""Events of one range, and packages, aliases and ranges of one record, that are read: what has more is no record of a
vulnerability, and counts as open."""
_LONGEST = 100
"""Characters of a version."""


@dataclass(frozen=True, slots=True)
class Affected:
    """One package of an advisory. `repositories`: the git addresses of its ranges, plain; `fixed`: versions;
    `commits`: fixing commits; `open`: whether some range has no end that is known."""

    ecosystem: str
    name: str
    repositories: tuple[str, ...]
    fixed: tuple[str, ...]
    commits: tuple[CommitId, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """One OSV record that was not withdrawn. `names`: its id and its aliases, in capitals."""

    id: str
    names: tuple[str, ...]
    affected: tuple[Affected, ...]


def parse(text: str, where: str) -> list[Advisory]:
    """The records of a document: one, a list of them, or `{"vulns": [...]}` as OSV's API answers. `where` names the
    document in messages. Raises InputError where it holds none; withdrawn records are left out."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("it is no JSON", "give OSV records", path=where) from error
    if isinstance(document, dict) and isinstance(document.get("vulns"), list):
        document = document["vulns"]
    records = document if isinstance(document, list) else [document]
    return [made for record in records if (made := _advisory(record, where)) is not None]


def _advisory(record: object, where: str) -> Advisory | None:
    if not isinstance(record, dict) or not isinstance(record.get("id"), str) or not _ID.fullmatch(record["id"]):
        raise InputError("it holds no OSV record (an object with an `id`)", "give OSV records", path=where)
    if record.get("withdrawn"):
        return None
    aliases = [name for name in _list(record, "aliases")[:_MOST] if isinstance(name, str) and _ID.fullmatch(name)]
    names = tuple(dict.fromkeys(name.upper() for name in (record["id"], *aliases)))
    affected = tuple(_affected(one) for one in _list(record, "affected")[:_MOST] if isinstance(one, dict))
    return Advisory(record["id"], names, affected)


def _affected(one: Mapping[str, Any]) -> Affected:
    package = one.get("package") if isinstance(one.get("package"), dict) else {}
    assert isinstance(package, dict)
    repositories: list[str] = []
    fixed: list[str] = []
    commits: list[CommitId] = []
    ranges = _list(one, "ranges")
    is_open = len(ranges) > _MOST
    for range_ in (found for found in ranges[:_MOST] if isinstance(found, dict)):
        every = _list(range_, "events")
        is_open = is_open or len(every) > _MOST
        events = [event for event in every[:_MOST] if isinstance(event, dict)]
        ends = [event["fixed"] for event in events if isinstance(event.get("fixed"), str)]
        ends = [end for end in ends if len(end) <= _LONGEST]
        is_open = is_open or sum("introduced" in event for event in events) > len(ends)
        if range_.get("type") == "GIT":
            repositories += [range_["repo"]] if isinstance(range_.get("repo"), str) else []
            commits += [CommitId(end.lower()) for end in ends if _COMMIT.fullmatch(end.lower())]
        else:
            fixed += ends
    named = [package.get(key) for key in ("ecosystem", "name")]
    ecosystem, name = (value if isinstance(value, str) else "" for value in named)
    return Affected(
        ecosystem, name, tuple(map(_plain, repositories)), _unique(fixed), tuple(dict.fromkeys(commits)), is_open
    )


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    found = record.get(key)
    return found if isinstance(found, list) else []


def _unique(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _plain(address: str) -> str:
    """A git address without what differs between two ways to write it."""
    text = re.sub(r"^(?:git\+)?[a-z+]+://", "", address.strip().lower())
    return re.sub(r"^[^/@]*@", "", text).replace(":", "/").removesuffix("/").removesuffix(".git")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the advisories say of one vulnerability and one upstream. `fixed`: the first version on the line of the one
    that was asked about that has the fix, empty: none is named; `is_fixed`: whether the version itself has it;
    `commits`: those that fix it; `source`: the record's id."""

    fixed: str
    is_fixed: bool
    commits: tuple[CommitId, ...]
    source: str


def answer(
    advisories: Sequence[Advisory], cve: str, upstreams: Sequence[Upstream], version: str | None
) -> Answer | None:
    """None where no record names this vulnerability for one of these upstreams."""
    for advisory in advisories:
        if cve.upper() not in advisory.names:
            continue
        about = [one for one in advisory.affected if any(_is_about(one, upstream) for upstream in upstreams)]
        if about:
            return _answer(advisory, about, version)
    return None


def _is_about(one: Affected, upstream: Upstream) -> bool:
    if upstream.scheme in _ECOSYSTEMS and one.ecosystem.lower() == _ECOSYSTEMS[upstream.scheme]:
        return _NAME.sub("-", one.name).lower() == _NAME.sub("-", upstream.location).lower()
    return upstream.scheme == "git" and _plain(upstream.location) in one.repositories


def _answer(advisory: Advisory, about: Sequence[Affected], version: str | None) -> Answer:
    """A version is fixed where it lies at or above a fix of its own line (the same first number, where several lines
    have fixes), and no range is open: in doubt it is not."""
    commits = tuple(dict.fromkeys(commit for one in about for commit in one.commits))
    fixes = sorted({found for one in about for text in one.fixed if (found := normalise(text)) is not None})
    own = None if version is None else normalise(version)
    if own is None or not fixes:
        return Answer(fixes[0].text if fixes else "", False, commits, advisory.id)
    line = [fix for fix in fixes if fix.numbers[:1] == own.numbers[:1]] or [fixes[-1]]
    is_open = any(one.open for one in about)
    later = [fix for fix in line if fix > own]
    is_fixed = not is_open and not later
    return Answer((later or line)[0 if later else -1].text, is_fixed, commits, advisory.id)


@dataclass(frozen=True, slots=True)
class Advice:
    """What one record says of one vulnerability, held against a base and a target. `name`: in capitals; `fixed`: the
    version that has the fix, empty: none is named; `commits`: those that fix it. In doubt neither release has it."""

    name: str
    record: str
    fixed: str
    in_base: bool
    in_target: bool
    commits: tuple[CommitId, ...] = ()


def relevant(
    advisories: Iterable[Advisory], names: Collection[str], upstreams: Sequence[Upstream]
) -> tuple[Advisory, ...]:
    """Those about one of these vulnerabilities (in capitals) in one of these upstreams."""
    return tuple(
        advisory
        for advisory in advisories
        if not names_apart(advisory, names)
        and any(_is_about(one, upstream) for one in advisory.affected for upstream in upstreams)
    )


def names_apart(advisory: Advisory, names: Collection[str]) -> bool:
    """Whether the record is about none of these."""
    return all(name not in names for name in advisory.names)


def advice(advisories: Sequence[Advisory], upstreams: Sequence[Upstream], base: str, target: str) -> tuple[Advice, ...]:
    """What the records say of each vulnerability that they name, of the versions `base` and `target`."""
    found = []
    for advisory in advisories:
        for name in advisory.names:
            told = answer([advisory], name, upstreams, target)
            before = answer([advisory], name, upstreams, base)
            if told is not None and before is not None:
                found.append(Advice(name, told.source, told.fixed, before.is_fixed, told.is_fixed, told.commits))
    return tuple(found)


def advisory_names(text: bytes) -> frozenset[str]:
    """The vulnerabilities that a text names, in capitals."""
    return frozenset(found.decode("ascii").upper() for found in _NAMED.findall(text))


_NAMED = re.compile(rb"CVE-\d{4}-\d{4,19}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}", re.I)
