"""`pkgver` and `pkgrel`, and the variables beside them that repeat a part of the version or name its commit."""

from __future__ import annotations

import re
from dataclasses import replace

from syncbot.errors import InputError
from syncbot.layouts.apkbuild.shell import Assignment, Scope, Script, Unknown
from syncbot.layouts.origin import follow, with_mark

Edits = list[tuple[int, int, str]]
_WORDS = {"a": "alpha", "b": "beta", "c": "rc", "milestone": "beta", "m": "beta", "dev": "alpha"}
_LEGAL = re.compile(r"\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*")
_ALONE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def alpine(version: str) -> str:
    """The version as apk orders it: 2.0_rc1, 1.9_p2. Raises InputError where apk cannot say it."""
    made = re.sub(r"(?<=\d)[-.]?(?:p|post|patch)(\d+)$", r"_p\1", with_mark(version, "_", _WORDS))
    if not _LEGAL.fullmatch(made):
        raise InputError(f"{version!r} is no version that apk can order", "move it by hand")
    return made


def moved(script: Script, raw: str, commit: str | None, path: str, sources: str) -> Edits:
    """The edits of the text for another version, `raw` as upstream writes it. `sources`: the words of source=, whose
    variables must follow. Raises InputError with the line where that cannot be told."""
    version = alpine(raw)
    value = _only(script, "pkgver", path)
    seen: set[str] = set()
    while (alone := _ALONE.fullmatch(value.value)) is not None and value.name not in seen:
        seen.add(value.name)
        value = _only(script, alone[1] or alone[2], path)
    if re.search(r"[$`\\]", value.value):
        base = _base(script, value, raw, version)
        if base is not None:
            return [(base.start, base.end, raw), *_following(script, base, raw, commit, path, sources)]
        what = f"the version {value.value} is made from others"
        raise InputError(what, "move it by hand", path=path, line=value.line)
    edits: Edits = [(value.start, value.end, version)]
    return [*edits, *_following(script, value, version, commit, path, sources)]


def _base(script: Script, value: Assignment, raw: str, version: str) -> Assignment | None:
    """The one variable that pkgver is made from, where upstream's own word for the version gives apk's: as _pkgver in
    pkgver=${_pkgver/-/_}."""
    found = [a for a in script.assignments if a.name in set(re.findall(r"\$\{?([A-Za-z_]\w*)", value.value))]
    if len(found) != 1 or not found[0].sure or re.search(r"[$`\\]", found[0].value):
        return None
    changed = tuple(replace(a, value=raw) if a is found[0] else a for a in script.assignments)
    try:
        return found[0] if Scope(replace(script, assignments=changed)).value("pkgver") == version else None
    except Unknown:
        return None


def _following(script: Script, value: Assignment, new: str, commit: str | None, path: str, sources: str) -> Edits:
    """Variables of the sources that repeat a part of the version, or pin its commit. `value` is edited already."""
    scope, old, edits = Scope(script), value.value, list[tuple[int, int, str]]()
    names = scope.names(sources) | scope.names(" ".join(a.value for a in script.assignments if a.name == "builddir"))
    for each in script.assignments:
        if each.name not in names or not each.sure or each is value or not each.name.startswith("_"):
            continue
        if _COMMIT.fullmatch(each.value):
            edits.append((each.start, each.end, _commit(each, commit, path)))
        elif (repeated := follow(each.value, old, new)) is not None and repeated != each.value:
            edits.append((each.start, each.end, repeated))
    return edits


def _commit(value: Assignment, commit: str | None, path: str) -> str:
    if commit is None or not _COMMIT.fullmatch(commit):
        what = f"{value.name} pins a commit, and that of the release is not known"
        raise InputError(what, "give the package a git upstream, or move it by hand", path=path, line=value.line)
    return commit


def release(script: Script, path: str, *, reset: bool) -> Edits:
    """The edits that set pkgrel to 0, or one higher."""
    value = _only(script, "pkgrel", path)
    if not value.value.isdecimal():
        raise InputError(f"pkgrel is {value.value!r}, no number", "write a number", path=path, line=value.line)
    return [(value.start, value.end, "0" if reset else str(int(value.value) + 1))]


def stated(script: Script) -> str | None:
    """The version, None where it depends on more than plain variables."""
    try:
        return Scope(script).value("pkgver") or None
    except Unknown:
        return None


def _only(script: Script, name: str, path: str) -> Assignment:
    found = [a for a in script.assignments if a.name == name]
    if len(found) != 1 or not found[0].sure:
        line = found[-1].line if found else 1
        what = f"{name} is not set once, at the start of a line, under no condition"
        raise InputError(what, "move it by hand", path=path, line=line)
    return found[0]
