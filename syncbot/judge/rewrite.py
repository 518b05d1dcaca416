"""Writing a patch anew for the release, header kept."""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncbot.diff.diffstat import renewed
from syncbot.diff.patch import Commit, FilePatch, Hunk, Patch
from syncbot.diff.paths import quoted
from syncbot.diff.render import NO_NEWLINE, render_file
from syncbot.judge.files import FileFinding
from syncbot.judge.stack import Side
from syncbot.model.judgement import Judgement
from syncbot.model.trees import FILE

_FIRST = re.compile(rb"^(diff --git )", re.MULTILINE)
"""A header ends where the first diff begins: no line of it begins so."""


def rewritten(patch: Patch, prefixes: tuple[str, str], files: Sequence[FileFinding], note: str = "") -> bytes:
    """The patch's header (with `note` as its last line, if any, and its diffstat made true) and what its files still
    change in the release."""
    body = b"".join(_section(file.target, file.result, prefixes) for file in files)
    header = renewed(patch.header, patch.files, body, prefixes[0].count("/"))
    return (_noted(header, note) if note else header) + body


def _section(before: Side | None, after: Side | None, prefixes: tuple[str, str]) -> bytes:
    return render_file(
        before.path if before else None,
        after.path if after else None,
        before.content if before else None,
        after.content if after else None,
        before.mode if before else None,
        after.mode if after else None,
        prefixes,
    )


def _noted(header: bytes, note: str) -> bytes:
    """The header with one more line of text: above a `---` that ends its message, else at its end."""
    line = note.encode("utf-8", "surrogateescape") + b"\n"
    lines = header.splitlines(keepends=True)
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].rstrip(b"\r\n") == b"---":
            return b"".join([*lines[:index], *_gap(lines[:index]), line, *lines[index:]])
    return b"".join([*lines, *_gap(lines), line, b"\n"])


def _gap(lines: list[bytes]) -> list[bytes]:
    """A blank line where the text before does not end in one."""
    return [b"\n"] if lines and lines[-1].strip() else []


def rewritten_commit(patch: Patch, commit: Commit, judgement: Judgement, note: str = "") -> bytes:
    """One commit of a patch file that stays: rewritten if it was, else its own header and changes written anew. `note`
    as for `rewritten`."""
    if judgement.refreshed is None:
        header, body = commit.header, b"".join(_plain(file, patch.prefixes) for file in commit.files)
    else:
        header, first, rest = _FIRST.split(judgement.refreshed, maxsplit=1)
        body = first + rest
    return (_noted(header, note) if note else header) + body


def _plain(file: FilePatch, prefixes: tuple[str, str]) -> bytes:
    """A file's section from its own hunks, for a commit that applies as it is."""
    old = prefixes[0].encode() + quoted(file.old_path or file.path)
    new = prefixes[1].encode() + quoted(file.new_path or file.path)
    head = b"diff --git " + old + b" " + new + b"\n"
    if file.old_path is None:
        head += b"new file mode %06o\n" % (file.new_mode or FILE)
    elif file.new_path is None:
        head += b"deleted file mode %06o\n" % (file.old_mode or FILE)
    elif file.old_mode != file.new_mode and file.old_mode and file.new_mode:
        head += b"old mode %06o\nnew mode %06o\n" % (file.old_mode, file.new_mode)
    if file.renamed and file.old_path and file.new_path:
        head += b"rename from " + quoted(file.old_path) + b"\nrename to " + quoted(file.new_path) + b"\n"
    if not file.hunks:
        return head
    head += b"--- " + (old if file.old_path is not None else b"/dev/null") + b"\n"
    head += b"+++ " + (new if file.new_path is not None else b"/dev/null") + b"\n"
    return head + b"".join(_hunk(hunk) for hunk in file.hunks)


def _hunk(hunk: Hunk) -> bytes:
    head = b"@@ -%d,%d +%d,%d @@%s\n" % (
        hunk.old_start,
        len(hunk.old),
        hunk.new_start,
        len(hunk.new),
        b" " + hunk.section.strip() if hunk.section.strip() else b"",
    )
    body = (tag.encode() + text for tag, text in hunk.lines)
    return head + b"".join(line if line.endswith(b"\n") else line + NO_NEWLINE for line in body)
