"""The bytes-level splitter and normaliser: mails, headers, sections, repaired hunks.

It knows what people write: prose with `@@` or `---` in it, `Index:` lines, quilt's `pkg.orig/f`, CRLF patches, blank
lines that lost their leading space, a last hunk that is one line short, a mail signature at the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from syncbot.diff import binary
from syncbot.diff.paths import unquoted
from syncbot.errors import PatchError

HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)", re.S)
CONTEXT = 3
"""Lines of context at a hunk's end that a mail program may have eaten."""
MAIL = re.compile(rb"From [0-9a-f]{40} \S")
_COMBINED = re.compile(rb"diff --(cc|combined) |@@@ ")


@dataclass(slots=True)
class Section:
    """One file's part of a patch: raw names with their prefixes, None where missing or /dev/null."""

    old_name: bytes | None = None
    new_name: bytes | None = None
    git_old: bytes | None = None
    git_new: bytes | None = None
    is_git: bool = False
    added: bool = False
    deleted: bool = False
    rename_from: bytes | None = None
    rename_to: bytes | None = None
    copied: bool = False
    old_mode: int | None = None
    new_mode: int | None = None
    hunks: list[bytes] = field(default_factory=list)
    """Repaired lines: each hunk's `@@` line with true counts, then its body."""
    binary: tuple[tuple[str, bytes] | None, tuple[str, bytes] | None] | None = None
    ids: tuple[str, str] = ("", "")


@dataclass(slots=True)
class Mail:
    header: list[bytes] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)


def split(content: bytes) -> list[Mail]:
    """The mails (commits) of a patch file; one, unless it is an mbox. Raises PatchError."""
    lines = content.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return _Splitter(_without_cr(lines)).run()


def _without_cr(lines: list[bytes]) -> list[bytes]:
    """Where the patch's own header lines end in CR the whole file went through a conversion: take the CRs away."""
    heads = [line for line in lines if line.startswith((b"+++ ", b"@@ -"))]
    if heads and all(line.endswith(b"\r") for line in heads):
        return [line.removesuffix(b"\r") for line in lines]
    return lines


class _Splitter:
    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.at = 0
        self.mails = [Mail()]
        self.section: Section | None = None

    def peek(self, ahead: int = 0) -> bytes:
        at = self.at + ahead
        return self.lines[at] if at < len(self.lines) else b""

    def run(self) -> list[Mail]:
        while self.at < len(self.lines):
            line = self.peek()
            if MAIL.match(line) and (self.mails[-1].header or self.mails[-1].sections):
                self.mails.append(Mail([line]))
                self.section = None
                self.at += 1
            elif _COMBINED.match(line) and (self.section is not None or line.startswith(b"diff")):
                raise PatchError("a combined diff (of a merge) is no patch", "export each parent's commits instead")
            elif line.startswith(b"diff --git "):
                self.git_header(line)
            elif self.names_follow():
                self.names()
            elif self.section is not None and HUNK.match(line):
                self.hunk()
            elif self.section is not None and self.extended(line):
                pass
            else:
                if not self.mails[-1].sections:
                    self.mails[-1].header.append(line)
                self.at += 1
        return self.mails

    def new_section(self) -> Section:
        self.section = Section()
        self.mails[-1].sections.append(self.section)
        return self.section

    def git_header(self, line: bytes) -> None:
        section = self.new_section()
        section.is_git = True
        section.git_old, section.git_new = _git_names(line[len(b"diff --git ") :].rstrip(b"\r"))
        self.at += 1

    def names_follow(self) -> bool:
        if not (self.peek().startswith(b"--- ") and self.peek(1).startswith(b"+++ ")):
            return False
        return bool(HUNK.match(self.peek(2))) or _is_git_empty(self.section)

    def names(self) -> None:
        section = self.section
        if section is None or not section.is_git or section.hunks or section.old_name or section.new_name:
            section = self.new_section()
        old, new = _name(self.peek()[4:]), _name(self.peek(1)[4:])
        section.added |= old == b"/dev/null" or _epoch(self.peek())
        section.deleted |= new == b"/dev/null" or _epoch(self.peek(1))
        section.old_name = None if old == b"/dev/null" else old
        section.new_name = None if new == b"/dev/null" else new
        self.at += 2

    def hunk(self) -> None:
        """One hunk: its body is as long as its header says, or as the patch holds; the header is made true."""
        found = HUNK.match(self.peek())
        assert found is not None
        assert self.section is not None
        old_size, new_size = (1 if found[n] is None else int(found[n]) for n in (2, 4))
        self.at += 1
        body = self.body(old_size, new_size)
        while self.peek().startswith(b"\\") and self.at < len(self.lines):
            body.append(b"\\ No newline at end of file")
            self.at += 1
        old_seen, new_seen = _sizes(body)
        while body and not body[-1].strip() and (old_seen > old_size or new_seen > new_size):
            body.pop()
            old_seen, new_seen = _sizes(body)
        if not any(line[:1] in (b"-", b"+") for line in body):
            raise PatchError(
                f"a hunk changes nothing: {_shown(found[0])}; the patch is cut short", "restore the whole patch"
            )
        _check_sizes(found[0], (old_size, new_size), (old_seen, new_seen))
        start = b"@@ -%d,%d +%d,%d @@%s" % (int(found[1]), old_seen, int(found[3]), new_seen, found[5])
        self.section.hunks += [start, *body]

    def body(self, old_size: int, new_size: int) -> list[bytes]:
        """The lines that belong to a hunk; a blank one is a context line that lost its space."""
        body: list[bytes] = []
        lines, at, count = self.lines, self.at, len(self.lines)
        while (old_size > 0 or new_size > 0) and at < count:
            line = lines[at]
            tag = line[:1]
            if tag not in (b" ", b"+"):  # nothing that begins so starts anything else
                self.at = at
                if self.starts_another(line):
                    break
                if line in (b"", b"\r"):
                    line, tag = b" " + line, b" "
                elif tag not in (b"-", b"\\"):
                    break
            body.append(line)
            old_size -= tag in (b" ", b"-")
            new_size -= tag in (b" ", b"+")
            at += 1
        self.at = at
        return body

    def starts_another(self, line: bytes) -> bool:
        if line.startswith((b"diff --git ", b"@@ -")) or MAIL.match(line):
            return True
        return line.startswith(b"--- ") and self.peek(1).startswith(b"+++ ") and bool(HUNK.match(self.peek(2)))

    def extended(self, line: bytes) -> bool:
        """One of git's extended headers: taken in, True; anything else: False."""
        section = self.section
        assert section is not None
        if not section.is_git or section.hunks:
            return False
        if line.startswith(b"GIT binary patch"):
            self.at += 1
            section.binary = (self.payload(), self.payload())
            return True
        if not (_mode_line(section, line) or _rename_line(section, line) or _index_line(section, line)):
            return False
        self.at += 1
        return True

    def payload(self) -> tuple[str, bytes] | None:
        found = re.match(rb"(literal|delta) (\d+)\r?$", self.peek())
        if not found:
            return None
        self.at += 1
        lines = []
        while self.peek().strip():
            lines.append(self.peek())
            self.at += 1
        self.at += 1
        return found[1].decode(), binary.decode(lines, int(found[2]))


def _sizes(body: list[bytes]) -> tuple[int, int]:
    """How many lines of the old and of the new side a hunk's body holds."""
    tags = [line[:1] for line in body]
    context = tags.count(b" ")
    return context + tags.count(b"-"), context + tags.count(b"+")


def _check_sizes(header: bytes, said: tuple[int, int], seen: tuple[int, int]) -> None:
    lost = (said[0] - seen[0], said[1] - seen[1])
    if (lost[0] != lost[1] and max(lost) > 0) or max(lost) > CONTEXT:
        raise PatchError(f"a hunk is cut short: {_shown(header)} has {max(seen)} lines", "restore the whole patch")
    if min(lost) < -1:
        raise PatchError(f"a hunk holds more lines than its header says: {_shown(header)}", "refresh the patch")


def _shown(header: bytes) -> str:
    """A hunk's header as a message shows it, without what would move a terminal."""
    text = header[:60].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text).rstrip()


def _mode_line(section: Section, line: bytes) -> bool:
    if not line.startswith((b"old mode ", b"new mode ", b"deleted file mode ", b"new file mode ")):
        return False
    mode = _mode(line.split()[-1])
    section.deleted |= line.startswith(b"deleted")
    section.added |= line.startswith(b"new file")
    if line.startswith((b"old", b"deleted")):
        section.old_mode = mode
    else:
        section.new_mode = mode
    return True


def _rename_line(section: Section, line: bytes) -> bool:
    found = re.match(rb"(rename|copy) (from|to) (.*?)\r?$", line, re.S)
    if found is None:
        return line.startswith((b"similarity index", b"dissimilarity index"))
    section.copied |= found[1] == b"copy"
    if found[2] == b"from":
        section.rename_from = unquoted(found[3])
    else:
        section.rename_to = unquoted(found[3])
    return True


def _index_line(section: Section, line: bytes) -> bool:
    if line.startswith((b"Binary files ", b"Files ")) and line.rstrip().endswith(b" differ"):
        section.binary = (None, None)
        return True
    found = re.match(rb"index ([^. ]+)\.\.(\S+)(?: (\S+))?", line)
    if found is None:
        return False
    section.ids = (found[1].decode("ascii", "replace"), found[2].decode("ascii", "replace"))
    if found[3] is not None:
        section.old_mode = section.new_mode = _mode(found[3])
    return True


def _is_git_empty(section: Section | None) -> bool:
    return section is not None and section.is_git and not section.hunks and section.old_name is None


def _mode(word: bytes) -> int:
    try:
        return int(word, 8)
    except ValueError as error:
        raise PatchError(f"{word!r} is no file mode") from error


def _name(rest: bytes) -> bytes:
    """The file name of a `---` or `+++` line, without time stamp."""
    rest = rest.rstrip(b"\r")
    if rest.startswith(b'"'):
        return unquoted(rest[: rest.rindex(b'"') + 1])
    name = rest.split(b"\t")[0]
    return re.sub(rb" +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*$", b"", name).rstrip(b" ")


def _epoch(line: bytes) -> bool:
    """GNU diff -N marks a missing side by the time 0."""
    return bool(re.search(rb"\t(1970-01-01 0[01]:00:00|1969-12-31 \d\d:00:00)(\.0+)?( |$)", line))


def _git_names(rest: bytes) -> tuple[bytes | None, bytes | None]:
    """The two names of a `diff --git` line; without quotes only told apart where both are the same path."""
    if rest.startswith(b'"'):
        found = re.match(rb'("(?:[^"\\]|\\.)*") (.+)', rest)
        return (unquoted(found[1]), unquoted(found[2])) if found else (None, None)
    if rest.endswith(b'"'):
        old, _, new = rest.partition(b' "')
        return old, unquoted(b'"' + new)
    if len(rest) % 2:
        half = len(rest) // 2
        old, new = rest[:half], rest[half + 1 :]
        if rest[half : half + 1] == b" " and old.partition(b"/")[2] == new.partition(b"/")[2]:
            return old, new
    if rest.count(b" ") == 1:
        old, _, new = rest.partition(b" ")
        return old, new
    found = re.match(rb"(a/.+) (b/.+)", rest)
    return (found[1], found[2]) if found else (None, None)
