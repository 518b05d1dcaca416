"""Version and Release: what they say, and the lines that say something else of another release."""

from __future__ import annotations

import re

from syncbot.errors import InputError
from syncbot.layouts.dist_git.macros import Scope, Unknown
from syncbot.layouts.dist_git.spec import Definition, Spec, Tag
from syncbot.layouts.origin import follow

_PLAIN_MACRO = re.compile(r"%(?:\{(\w+)\}|(\w+))")
_EARLY_RELEASE = re.compile(r"0\.\d+\.?((?:alpha|beta|rc|pre|a|b)\.?\d*)(?=$|[%.])", re.IGNORECASE)
_COUNTER = re.compile(r"\d+(?:\.\d+)*(?=$|[%.\s])")
_AUTOMATIC = re.compile(r"%\{?\??autorelease\b")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_TRAILING = re.compile(r"(%\{\??dist\})\.\d+$")


def upstream_version(spec: Spec) -> str | None:
    """The version, with a pre-release that only Release tells; None where there is none, or it cannot be expanded."""
    tag = next(iter(spec.tag("version")), None)
    if tag is None:
        return None
    scope = Scope(spec)
    try:
        version = scope.expand("%{version}", tag.at)
    except Unknown:
        return None
    release = next(iter(spec.tag("release")), None)
    early = None if release is None else _EARLY_RELEASE.match(release.value)
    return version if early is None or "~" in version else f"{version}~{early[1].lower()}"


def with_version(spec: Spec, new: str, commit: str | None, path: str) -> dict[int, str]:
    """{line from 0: its new text} to state another version; where the Source lines need it, also in macros that repeat
    a part of it or pin a commit. Raises InputError with the line where that cannot be told."""
    tags = spec.tag("version")
    if len(tags) != 1 or tags[0].branches:
        at = tags[-1].at + 1 if tags else 1
        raise InputError("the spec states no single version", "move it by hand", path=path, line=at)
    scope, tag = Scope(spec), tags[0]
    try:
        old = scope.expand(tag.value, tag.at)
    except Unknown as error:
        raise InputError(f"the version rests on {error}", "move it by hand", path=path, line=tag.at + 1) from None
    edits: dict[int, str] = {}
    if "%" not in tag.value:
        edits[tag.at] = tag.text(new)
    else:
        tail = _same_head(scope, tag, new)
        if tail is not None:
            edits[tag.at] = tag.text(tail)
        else:
            for name, value in _solved(tag, new, path).items():
                edits |= _with_macro(spec, scope, tag, name, value, path)
    used = {name for t in spec.tags if t.name.lower() in ("source", "url") for name in scope.names(t.value)}
    for definition in spec.definitions:
        if definition.name in used and definition.plain and not definition.branches and definition.at not in edits:
            repeated = follow(definition.body, old, new)
            if _COMMIT.fullmatch(definition.body):
                repeated = _known(commit, definition, path)
            if repeated is not None and repeated != definition.body:
                edits[definition.at] = _redefined(spec, definition, repeated)
    return edits


def _known(commit: str | None, definition: Definition, path: str) -> str:
    if commit is None or not _COMMIT.fullmatch(commit):
        what = f"the macro {definition.name} pins a commit, and that of the release is not known"
        raise InputError(what, "give the package a git upstream, or move it by hand", path=path, line=definition.at + 1)
    return commit


def _same_head(scope: Scope, tag: Tag, new: str) -> str | None:
    """`%{branch}.3` for `%{branch}.2`, where the new version is on the same branch."""
    found = re.fullmatch(r"((?:[^%]*%\{?\w+\}?)+)(\.[0-9A-Za-z.~]+)", tag.value)
    head = None if found is None else scope.expand(found[1], tag.at) + "."
    return found[1] + new[len(head) - 1 :] if found is not None and head is not None and new.startswith(head) else None


def _solved(tag: Tag, new: str, path: str) -> dict[str, str]:
    """What each macro of a composed version must say, such as %{major}.%{minor}."""
    names: list[str] = []

    def group(found: re.Match[str]) -> str:
        names.append(found[1] or found[2])
        return "\0"

    template = _PLAIN_MACRO.sub(group, tag.value)
    part = "(.+)" if len(names) == 1 else "([0-9A-Za-z]+)"
    pattern = re.escape(template).replace(re.escape("\0"), part)
    found = (
        None if "%" in template or "\0\0" in template or len(set(names)) < len(names) else re.fullmatch(pattern, new)
    )
    if found is None:
        what = f"the version {tag.value} cannot say {new}"
        raise InputError(what, "move it by hand", path=path, line=tag.at + 1)
    return dict(zip(names, found.groups(), strict=True))


def _with_macro(spec: Spec, scope: Scope, tag: Tag, name: str, value: str, path: str) -> dict[int, str]:
    """The one definition that holds, with another value. Raises InputError where there is not one plain one."""
    found = [d for d in spec.definitions if d.name == name]
    if len(found) != 1 or not found[0].plain or found[0].branches or found[0].at > tag.at:
        at = (found[0].at if found else tag.at) + 1
        what = f"the version rests on the macro {name}, which has no single plain value"
        raise InputError(what, "move it by hand", path=path, line=at)
    only = found[0]
    inner = _PLAIN_MACRO.fullmatch(only.body)
    if inner is not None:
        return _with_macro(spec, scope, tag, inner[1] or inner[2], value, path) if len(only.body) > 1 else {}
    if "%" in only.body:
        raise InputError(f"the version rests on {only.body}", "move it by hand", path=path, line=only.at + 1)
    return {only.at: _redefined(spec, only, value)}


def _redefined(spec: Spec, definition: Definition, value: str) -> str:
    text = spec.lines[definition.at].text
    at = text.rindex(definition.body)
    return text[:at] + value + text[at + len(definition.body) :]


def with_release(spec: Spec, path: str, *, reset: bool) -> tuple[dict[int, str], str]:
    """({line from 0: its new text}, the release without dist) with the counter at 1, or one higher. %autorelease stays.
    Raises InputError with the line where there is no plain counter."""
    tags = spec.tag("release")
    if len(tags) != 1 or tags[0].branches:
        at = tags[-1].at + 1 if tags else 1
        raise InputError("the spec states no single release", "move it by hand", path=path, line=at)
    tag = tags[0]
    if _AUTOMATIC.search(tag.value):
        return {}, ""
    inner = _PLAIN_MACRO.match(tag.value)
    if inner is not None:
        name = inner[1] or inner[2]
        found = [d for d in spec.definitions if d.name == name]
        if len(found) == 1 and found[0].plain and not found[0].branches and _COUNTER.match(found[0].body):
            value = _counted(found[0].body, reset=reset)
            return {found[0].at: _redefined(spec, found[0], value)}, _bare(value + tag.value[inner.end() :])
    elif _COUNTER.match(tag.value) or _EARLY_RELEASE.match(tag.value):
        value = _counted(tag.value, reset=reset)
        return {tag.at: tag.text(value)}, _bare(value)
    what = f"the release {tag.value} has no plain counter"
    raise InputError(what, "write it as 1%{?dist}, or move it by hand", path=path, line=tag.at + 1)


def _counted(value: str, *, reset: bool) -> str:
    early = _EARLY_RELEASE.match(value)
    if early is not None and reset:
        return "1" + value[early.end() :]
    counter = _COUNTER.match(value)
    if counter is None:
        return value
    if reset:
        return _TRAILING.sub(r"\1", "1" + value[counter.end() :])
    first, dot, rest = counter[0].partition(".")
    if first == "0" and rest:
        number, more, tail = rest.partition(".")
        return f"0.{int(number) + 1}{more}{tail}" + value[counter.end() :]
    return f"{int(first) + 1}{dot if rest else ''}{rest}" + value[counter.end() :]


def _bare(value: str) -> str:
    """A release as a changelog has it: without dist and other macros."""
    return re.sub(r"%\{[^{}]*\}|%\w+", "", value)
