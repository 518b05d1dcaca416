"""Bytes to a Patch: our splitter's sections through unidiff, names resolved by `-pN`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from syncbot.diff import paths
from syncbot.diff.patch import Binary, Commit, FilePatch, Hunk, Line, Patch
from syncbot.diff.split import MAIL, Section, split
from syncbot.errors import PatchError
from syncbot.model.trees import SYMLINK

_FIELD = re.compile(rb"[A-Za-z][A-Za-z-]{1,30}:(\s|$)")
_CUT = re.compile(rb"^(diff --git |--- a/|\+\+\+ |@@ -\d)", re.M)
"""What a diff begins with: a file that has it but no diff was cut."""
Exists = Callable[[str], bool]


def parse_patch(content: bytes, strip: int | None = None, exists: Exists | None = None) -> Patch:
    """The patch as a value. `strip` is `-pN`; None: found out, by the files that `exists` in the tree it is for, else
    by the look of the names. Raises PatchError (not a patch) and HostileInput (a path that a patch may not touch)."""
    mails = _split(content)
    sections = [section for mail in mails for section in mail.sections]
    if not sections:
        if content.strip() and (_CUT.search(content) or not _only_header(content)):
            raise PatchError("no diff was found in it", "remove it from the series or restore its diff")
        return Patch((Commit(content, ()),))
    for section in sections:
        if not _says_something(section):
            shown = paths.text((_raw_names(section) or [b"?"])[0])
            raise PatchError(
                f"the diff of {shown!r} changes nothing; the patch is cut short", "restore the whole patch"
            )
    level = strip if strip is not None else _find_strip(sections, exists)
    commits = []
    for mail in mails:
        files = tuple(_file(section, level, exists) for section in mail.sections)
        commits.append(Commit(b"".join(line + b"\n" for line in mail.header), files))
    kept = tuple(commit for commit in commits if commit.files) or (Commit(commits[0].header, ()),)
    return Patch(kept, level, _prefixes(sections, level))


@lru_cache(maxsize=256)
def _split(content: bytes):  # type: ignore[no-untyped-def]  # the cache hides the list's type; callers only read it
    return split(content)


def _only_header(content: bytes) -> bool:
    """An empty patch: a mail or a header without any diff, as `quilt new` or an empty commit leaves it."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if MAIL.match(lines[0]) or lines[0].startswith((b"From:", b"Subject:", b"Description:")):
        return True
    return all(line.startswith((b"#", b"Index:", b" ")) or _FIELD.match(line) for line in lines)


def _says_something(section: Section) -> bool:
    mode = section.old_mode != section.new_mode or section.added or section.deleted
    return bool(section.hunks or section.binary or section.rename_from or mode)


def _raw_names(section: Section) -> list[bytes]:
    return [name for name in (section.old_name or section.git_old, section.new_name or section.git_new) if name]


def _find_strip(sections: list[Section], exists: Exists | None) -> int:
    """1 where git wrote the names with its prefixes; else the level at which most files exist; else by the look."""
    if all(section.is_git and _prefixed(section) for section in sections):
        return 1
    if exists is not None:

        def found(level: int) -> int:
            return sum(
                any(
                    (name := paths.stripped(paths.text(raw), level)) is not None and exists(name)
                    for raw in _raw_names(section)
                )
                for section in sections
            )

        best = max((1, 0, 2, 3, 4, 5), key=found)
        if found(best):
            return best
    names = [raw for section in sections for raw in _raw_names(section)]
    return 1 if all(b"/" in raw for raw in names) else 0


def _prefixes(sections: list[Section], level: int) -> tuple[str, str]:
    """What `-p level` strips from the two names of the first file that has both."""
    if level == 0:
        return ("", "")
    for section in sections:
        names = (section.old_name or section.git_old, section.new_name or section.git_new)
        if names[0] and names[1] and not section.added and not section.deleted:
            old, new = ("/".join(paths.text(name).split("/")[:level]) + "/" for name in names if name)
            if old != new or level > 1:
                return old, new
    return ("a/" + "x/" * (level - 1), "b/" + "x/" * (level - 1))


def _prefixed(section: Section) -> bool:
    return all(raw[:2] in (b"a/", b"b/", b"i/", b"w/", b"c/", b"o/") for raw in _raw_names(section))


def _file(section: Section, level: int, exists: Exists | None) -> FilePatch:
    old, new = _pair(section, level, exists)
    hunks = _hunks(section)
    payload = None
    if section.binary is not None:
        payload = Binary(section.binary[0], section.binary[1], *section.ids)
    file = FilePatch(
        old_path=None if section.added else old,
        new_path=None if section.deleted else new,
        old_mode=section.old_mode,
        new_mode=section.new_mode,
        hunks=hunks,
        binary=payload,
        renamed=section.rename_from is not None and not section.copied,
        copied=section.copied,
    )
    if section.added and section.deleted:
        raise PatchError("a file is both added and deleted by one hunk")
    if section.new_mode == SYMLINK and new is not None and hunks:
        paths.check_link(new, b"".join(hunks[0].new))
    return file


def _pair(section: Section, level: int, exists: Exists | None) -> tuple[str, str]:
    if section.rename_from is not None and section.rename_to is not None:
        shift = max(level - 1, 0)
        pair = [paths.stripped(paths.text(name), shift) for name in (section.rename_from, section.rename_to)]
    else:
        pair = [
            paths.stripped(paths.text(name), level) if name else None
            for name in (section.old_name or section.git_old, section.new_name or section.git_new)
        ]
        pair = _one_name(pair, section, exists)
    old, new = pair
    if old is None and new is None:
        shown = (_raw_names(section) or [b"?"])[0]
        raise PatchError(
            f"{paths.text(shown)!r} has no {level + 1} components", f"say the right -pN instead of -p{level}"
        )
    return paths.check(old or new or ""), paths.check(new or old or "")


def _one_name(pair: list[str | None], section: Section, exists: Exists | None) -> list[str | None]:
    """Two names without a rename header mean one file (`f.orig` against `f`): the one that exists, else the shorter."""
    old, new = pair
    if section.added:
        return [new or old, new or old]
    if section.deleted:
        return [old or new, old or new]
    if old is None or new is None or old == new:
        return [old or new, old or new]
    if exists is not None and exists(old) != exists(new):
        name = old if exists(old) else new
    else:
        name = new if len(new) <= len(old) else old
    return [name, name]


def _hunks(section: Section) -> tuple[Hunk, ...]:
    if not section.hunks:
        return ()
    # latin-1 keeps every byte; the names are placeholders, for the real ones were resolved above
    lines = ["--- a\n", "+++ b\n", *(line.decode("latin-1") + "\n" for line in section.hunks)]
    try:
        parsed = PatchSet(lines)
    except UnidiffParseError as error:
        raise PatchError(f"a hunk cannot be read: {error}", "refresh the patch") from error
    result = []
    for hunk in parsed[0]:
        body: list[Line] = []
        for line in hunk:
            if line.line_type == "\\":
                body[-1] = Line(body[-1].tag, body[-1].text.removesuffix(b"\n"))
            else:
                body.append(Line(line.line_type, line.value.encode("latin-1")))
        result.append(Hunk(hunk.source_start, hunk.target_start, tuple(body), hunk.section_header.encode("latin-1")))
    return tuple(result)
