"""Moving a recipe: its file name or PV, SRCREV, and the checksums of what is fetched."""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncbot.errors import InputError
from syncbot.layouts.openembedded.bitbake import Assignment, Unknown
from syncbot.layouts.openembedded.family import Family
from syncbot.layouts.openembedded.listing import Item
from syncbot.layouts.origin import follow, states, with_mark

_SNAPSHOT = re.compile(r"[+.](?:git|svn|hg|gitr|AUTOINC)\S*$")
_MARK = re.compile(r"\+(?:git|svn|hg)[^0-9+]*")
"""What says that a version is a snapshot."""
_PLAIN = re.compile(rf"([0-9][^+$\s]*)((?:{_MARK.pattern})?)")
_VARIABLE = re.compile(r"\$\{(\w+)\}(\S*)")
_ADDS = (".=", "+=", "=.", "=+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_GENERATED = ("crate://", "npmsw://", "npm://", "gomod://", "gomodgit://")
_SUMS = re.compile(r"(?:(.+)\.)?(md5|sha1|sha256|sha384|sha512)sum")


@dataclass(frozen=True, slots=True)
class Edit:
    """New characters for `[start, end)` of the file at `path`."""

    path: str
    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Stale:
    """A checksum that no longer holds: `SRC_URI[flag]` in the file at `path`, of what `url` gives."""

    url: str
    algorithm: str
    path: str
    flag: str


def stated(family: Family) -> str | None:
    """The version without the mark of a snapshot; None where there is none, or Python makes it."""
    try:
        version = family.scope.value("PV")
    except Unknown:
        return None
    version = _SNAPSHOT.sub("", version)
    default = family.named.version is None and not any(a.name == "PV" for a in family.lines)
    return None if default or not re.match(r"[0-9A-Za-z]", version) or version == "git" else version


def written(version: str) -> str:
    """The version as a recipe's file name can have it: 2.0~rc1. Raises InputError."""
    made = with_mark(version, "~")
    if re.search(r"[-_/]", made):
        raise InputError(f"{version!r} is no version that a recipe can state", "move it by hand")
    return made


def renamed(family: Family, new: str) -> bool:
    """Whether the version stands in the file's name alone, so that the file is renamed. `PV .= "+git"` adds to it."""
    own = [a for a in _assigned(family, "PV") if a.operator not in _ADDS]
    return family.named.version not in (None, "git", new) and not own and _tail(family) is None


def edits(family: Family, new: str, commit: str | None, items: tuple[Item, ...]) -> list[Edit]:
    """The edits for another version, apart from a new file name. Raises InputError with the line where that cannot be
    told."""
    old = stated(family)
    for item in items:
        if item.what.startswith(_GENERATED):
            what = f"the recipe lists generated addresses ({item.what.split(':', 1)[0]}://)"
            remedy = "move it with devtool upgrade, or bitbake -c update_crates"
            raise InputError(what, remedy, path=item.value.path, line=item.line)
    own = [a for a in _assigned(family, "PV") if a.operator not in _ADDS]
    tail, head = _tail(family), f"{family.named.version}."
    made: list[Edit] = []
    if old is None or (not own and family.named.version in (None, "git")):
        raise InputError("the recipe states no version", "move it by hand", path=family.path, line=1)
    if own:
        made = _stating(family, own, new, old)
    elif tail is not None and re.fullmatch(r"(?:\.\d+)+", tail.value) and new.startswith(head):
        made = [Edit(tail.path, tail.start, tail.end, new[len(head) - 1 :])]
    elif tail is not None:
        raise InputError(f"PV ends in {tail.value!r}", "move it by hand", path=tail.path, line=tail.line)
    counters = [Edit(a.path, a.start, a.end, "r0") for a in _assigned(family, "PR") if re.fullmatch(r"r\d+", a.value)]
    return [*made, *_following(family, made, old, new, items), *_revision(family, commit, items), *counters]


def _following(family: Family, made: list[Edit], old: str, new: str, items: tuple[Item, ...]) -> list[Edit]:
    """Variables of addresses that repeat a part of the version."""
    names = set(re.findall(r"\$\{(\w+)\}", " ".join(item.what for item in items))) - {"PV"}
    touched = {(edit.path, edit.start) for edit in made}
    found: list[Edit] = []
    for each in family.lines:
        plain = each.name in names and not each.flag and family.own(each.path) and each.operator in ("=", "?=", ":=")
        repeated = follow(each.value, old, new) if plain and (each.path, each.start) not in touched else None
        if repeated is not None and repeated != each.value:
            found.append(Edit(each.path, each.start, each.end, repeated))
    return found


def _tail(family: Family) -> Assignment | None:
    """`PV .= ".0843"`: a part of the version that does not stand in the file's name."""
    added = [a for a in _assigned(family, "PV") if a.operator in _ADDS and not _MARK.fullmatch(a.value)]
    return added[-1] if added else None


def _assigned(family: Family, name: str) -> list[Assignment]:
    return [a for a in family.lines if a.name == name and not a.flag and family.own(a.path) and not a.operation]


def _stating(family: Family, own: list[Assignment], new: str, old: str) -> list[Edit]:
    last = own[-1]
    plain, variable = _PLAIN.fullmatch(last.value), _VARIABLE.fullmatch(last.value)
    if len({a.value for a in own}) > 1 or last.condition:
        what = "PV has several values"
        raise InputError(what, "move it by hand", path=last.path, line=last.line)
    if plain is not None:
        return [Edit(a.path, a.start, a.start + len(plain[1]), new) for a in own]
    if variable is not None:
        inner = [a for a in _assigned(family, variable[1]) if a.value == old]
        if len(inner) == 1:
            return [Edit(inner[0].path, inner[0].start, inner[0].end, new)]
    solved = _solved(family, last.value, new)
    if solved is not None:
        return solved
    what = f"PV is {last.value!r}"
    raise InputError(what, "move it by hand", path=last.path, line=last.line)


def _solved(family: Family, value: str, new: str) -> list[Edit] | None:
    """What the variables of `${MAJOR}.${MINOR}.${PATCH}` must say, None where they cannot."""
    names = re.findall(r"\$\{(\w+)\}", value)
    pattern = re.sub(r"\\\$\\\{\w+\\\}", "([0-9A-Za-z]+)", re.escape(value))
    found = re.fullmatch(pattern, new)
    if found is None or len(set(names)) < len(names):
        return None
    made: list[Edit] = []
    for name, part in zip(names, found.groups(), strict=True):
        inner = _assigned(family, name)
        if len(inner) != 1 or not re.fullmatch(r"[0-9A-Za-z]+", inner[0].value):
            return None
        made.append(Edit(inner[0].path, inner[0].start, inner[0].end, part))
    return made


def _revision(family: Family, commit: str | None, items: tuple[Item, ...]) -> list[Edit]:
    """SRCREV of the one git repository that the recipe fetches."""
    if not any(item.what.startswith(("git://", "gitsm://")) for item in items):
        return []
    pinned = [
        a
        for a in family.lines
        if (a.name == "SRCREV" or a.name.startswith("SRCREV_")) and _COMMIT.fullmatch(a.value) and family.own(a.path)
    ]
    if not pinned:
        return []
    only = pinned[0]
    if len(pinned) > 1:
        what = "the recipe pins several commits"
        raise InputError(what, "move it by hand", path=only.path, line=only.line)
    if commit is None or not _COMMIT.fullmatch(commit):
        what = "SRCREV pins a commit, and that of the release is not known"
        raise InputError(what, "give the package a git upstream, or move it by hand", path=only.path, line=only.line)
    return [Edit(only.path, only.start, only.end, commit)]


def stale(before: dict[str, str | None], after: Family, items: tuple[Item, ...], old: str) -> tuple[Stale, ...]:
    """The checksums of what is now fetched from elsewhere. `before`: {word: its address then}; `old`: the version then.
    Raises InputError with the line where an address cannot be told, or states the old version."""
    found: list[Stale] = []
    told: set[str] = set()
    sums = [(a, m) for a in after.lines if a.name == "SRC_URI" and (m := _SUMS.fullmatch(a.flag)) and after.own(a.path)]
    for item in items:
        mine = [(a, m) for a, m in sums if (m[1] or "") == (item.parameter("name") or "")]
        if not mine or item.local or item.what.startswith(("git://", "gitsm://")):
            continue
        told.update(a.flag for a, _ in mine)
        try:
            now = after.scope.expand(item.what)
        except Unknown as error:
            what = f"the address {item.what} rests on {error}"
            raise InputError(what, "move it by hand", path=mine[0][0].path, line=mine[0][0].line) from None
        if before.get(item.word.text) == now and not found and states(now, old):
            what = f"the address {item.what} states the version {old} by itself"
            raise InputError(what, "write ${PV} there, or move it by hand", path=item.value.path, line=item.line)
        if before.get(item.word.text) != now:
            found += [Stale(now.partition(";")[0], m[2], a.path, a.flag) for a, m in mine]
    for a, _ in sums:
        if a.flag not in told:
            what = f"SRC_URI[{a.flag}] is of an address that no file of this repository gives"
            raise InputError(what, "add the layer whose class gives it, or move it by hand", path=a.path, line=a.line)
    return tuple(found)
