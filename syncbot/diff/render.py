"""Writing a patch: git's own form, taken by `git apply` and by GNU `patch` without fuzz."""

from __future__ import annotations

from syncbot.diff import binary
from syncbot.diff.lines import Change, changes, match, split_lines
from syncbot.diff.paths import quoted
from syncbot.model.trees import FILE, SUBMODULE, blob_id

CONTEXT = 3
NO_NEWLINE = b"\n\\ No newline at end of file\n"


def render_file(
    old_path: str | None,
    new_path: str | None,
    before: bytes | None,
    after: bytes | None,
    old_mode: int | None = FILE,
    new_mode: int | None = FILE,
    prefixes: tuple[str, str] = ("a/", "b/"),
) -> bytes:
    """One file's section; empty bytes where nothing changes. A path and its content are None where that side has no
    file. Content with a NUL byte is written as a binary patch with both sides."""
    if old_path is None and new_path is None:
        return b""
    old_mode, new_mode = old_mode or FILE, new_mode or FILE
    if old_path == new_path and before == after and old_mode == new_mode:
        return b""
    if SUBMODULE in (old_mode, new_mode):
        before, after = _submodule(before), _submodule(after)
    name_a = quoted(prefixes[0] + (old_path if old_path is not None else new_path or ""))
    name_b = quoted(prefixes[1] + (new_path if new_path is not None else old_path or ""))
    head = b"diff --git " + name_a + b" " + name_b + b"\n"
    if old_path is None:
        head += b"new file mode %06o\n" % new_mode
    elif new_path is None:
        head += b"deleted file mode %06o\n" % old_mode
    elif old_mode != new_mode:
        head += b"old mode %06o\nnew mode %06o\n" % (old_mode, new_mode)
    if old_path is not None and new_path is not None and old_path != new_path:
        head += b"rename from " + quoted(old_path) + b"\nrename to " + quoted(new_path) + b"\n"
    if before == after or (before or b"") == (after or b"") == b"":
        return head
    if b"\0" in (before or b"") or b"\0" in (after or b""):
        return head + _binary(before or b"", after or b"")
    # a name with a space would be cut there without the tab, as git writes it
    tab_a, tab_b = (b"\t" if b" " in name else b"" for name in (name_a, name_b))
    head += b"--- " + (b"/dev/null" if old_path is None else name_a + tab_a) + b"\n"
    head += b"+++ " + (b"/dev/null" if new_path is None else name_b + tab_b) + b"\n"
    return head + render_hunks(split_lines(before or b""), split_lines(after or b""))


def render_hunks(before: list[bytes], after: list[bytes], context: int = CONTEXT) -> bytes:
    """The hunks that turn one list of lines into the other."""
    edits = changes(match(before, after), len(before), len(after))
    out = []
    group: list[Change] = []
    for edit in edits:
        if group and edit.a0 - group[-1].a1 > 2 * context:
            out.append(_hunk(before, after, group, context))
            group = []
        group.append(edit)
    if group:
        out.append(_hunk(before, after, group, context))
    return b"".join(out)


def _hunk(before: list[bytes], after: list[bytes], group: list[Change], context: int) -> bytes:
    first, last = group[0], group[-1]
    a0, a1 = max(first.a0 - context, 0), min(last.a1 + context, len(before))
    b0, b1 = first.b0 - (first.a0 - a0), last.b1 + (a1 - last.a1)
    body = []
    at = a0
    for edit in group:
        body += [b" " + line for line in before[at : edit.a0]]
        body += [b"-" + line for line in before[edit.a0 : edit.a1]]
        body += [b"+" + line for line in after[edit.b0 : edit.b1]]
        at = edit.a1
    body += [b" " + line for line in before[at:a1]]
    head = b"@@ -%s +%s @@\n" % (_range(a0, a1), _range(b0, b1))
    return head + b"".join(line if line.endswith(b"\n") else line + NO_NEWLINE for line in body)


def _range(start: int, end: int) -> bytes:
    size = end - start
    first = start + 1 if size else start
    return b"%d" % first if size == 1 else b"%d,%d" % (first, size)


def _submodule(content: bytes | None) -> bytes | None:
    return None if content is None else b"Subproject commit " + content.strip() + b"\n"


def _binary(before: bytes, after: bytes) -> bytes:
    ids = b"..".join(blob_id(data).encode() for data in (before, after))  # git checks them before it applies
    parts = [b"index " + ids + b"\nGIT binary patch\n"]
    for data in (after, before):
        parts.append(b"literal %d\n" % len(data))
        parts.extend(binary.encode(data))
        parts.append(b"\n")
    return b"".join(parts)
