"""Whether what a block adds stands in the release under something that the patch does not have: a condition, a comment,
a statement after which nothing runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from syncbot.diff.lines import Change
from syncbot.judge.texts import Texts
from syncbot.judge.weights import columns

FAR = 40
"""Lines each way in which a file shows whether braces or indentation nest it."""
_SWITCH = re.compile(rb"#(if|ifdef|ifndef|elif)|%if|ifn?def[A-Z]|ifn?eq\(|if\(?(0|false|False|FALSE)\b")
"""A squeezed line that makes what follows it conditional, or dead."""
_LEAVES = re.compile(rb"(return|goto|exit\(|break;|continue;|raise|throw)")
"""A squeezed line after which what follows at its level is dead."""
_OPENS = re.compile(
    rb"\s*(\}?\s*else|do|(\}?\s*else\s+)?(if|for|while|switch|until|unless|elif|elsif)\b.*)\s*$|.*\b(then|do)\s*$"
)
"""A line that makes the next statement conditional without a brace."""
_INDENTS = re.compile(rb"\s*(if|elif|else|for|while|def|class|with|try|except|finally|async)\b.*:\s*(#.*)?$")
"""A line of a language that nests by indentation."""
_CARRIES_ON = (b"&&", b"||", b"?", b":", b".", b"+", b"|", b"<<", b"%", b"and ", b"or ")
"""How a line begins that goes on with the statement above it."""
_GOES_ON = (b",", b"(", b"[", b"\\", b"+", b"-", b"*", b"&&", b"||", b"|", b"&", b"=", b"?", b":=", b"and", b"or", b".")
"""How a line ends whose statement goes on in the next one."""
_QUOTED = re.compile(rb'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*')


def guarded(texts: Texts, change: Change, there: dict[int, int], slice_: tuple[int, int]) -> bool:
    """Whether the found lines of the block stand under something new. `there`: after-image line -> release's line, for
    the lines of `slice_` (the block with what surrounds it)."""
    inside = [i for i in range(change.b0, change.b1) if i in there and texts.says(texts.na[i])]
    if not inside:
        return False
    above = [i for i in range(slice_[0], change.b0) if i in there]
    first, last = there[inside[0]], there[inside[-1]]
    start = there[above[-1]] + 1 if above else first
    as_patched = texts.a[above[-1] + 1 if above else inside[0] : inside[0]]
    own = set(texts.na[change.b0 : change.b1])
    outer = above[0] if above else inside[0]
    return (
        _depth(texts.t[there[outer] : first]) > _depth(texts.a[outer : inside[0]])
        or _dead(texts, start, first, own)
        or (_commented(texts.t[start:first]) and not _commented(as_patched))
        or _switched(texts, there[outer], last, {there[i] for i in inside}, own)
        or any(_deeper(texts, line, there, slice_) for line in _starts_deeper(texts, change, there, slice_, inside))
    )


def level(lines: list[bytes]) -> tuple[int, int, bool]:
    """How deep the line after these is: open braces, open `#if`s, and whether a comment or a long text is open."""
    switches = sum(line.lstrip().startswith(b"#if") for line in lines)
    ends = sum(line.lstrip().startswith(b"#endif") for line in lines)
    return _depth(lines), switches - ends, _commented(lines)


def _dead(texts: Texts, start: int, first: int, own: set[bytes]) -> bool:
    """Whether a new statement that leaves stands before the first line, in its branch, at its level or further out."""
    outermost = columns(texts.t[first])
    for at in range(first - 1, start - 1, -1):
        if not texts.nt[at]:
            continue
        level = columns(texts.t[at])
        if level > outermost:
            continue
        outermost = level
        new = texts.is_new(texts.nt[at]) and texts.nt[at] not in own
        if not new or not _LEAVES.match(texts.nt[at]) or texts.t[at].rstrip().endswith(_GOES_ON):
            continue
        if not _OPENS.match(texts.t[at - 1] if at else b""):
            return True
    return False


def _commented(lines: list[bytes]) -> bool:
    """Whether a comment or a long string that begins in these lines is still open after them."""
    text = b"\n".join(lines)
    if text.count(b'"""') % 2:
        return True
    return text.rfind(b"/*") > text.rfind(b"*/") or text.rfind(b"<!--") > text.rfind(b"-->")


def _switched(texts: Texts, start: int, last: int, inside: set[int], own: set[bytes]) -> bool:
    """Whether a new `#if` above a found line is still open there, or an `if (0)` holds for it."""
    depth = 0
    for at in range(start, last):
        line = texts.nt[at]
        if _SWITCH.match(line) and texts.is_new(line) and line not in own and not _once(texts.nt[at : at + 2]):
            if not line.startswith((b"#", b"%if", b"ifd", b"ifn", b"ife")):
                if any(spot in inside for spot in (at + 1, at + 2)):
                    return True
                continue
            depth += 1
        elif line.startswith((b"#endif", b"%endif", b"endif")):
            depth = max(depth - 1, 0)
        if depth and at + 1 in inside:
            return True
    return False


def _once(lines: list[bytes]) -> bool:
    """Whether two squeezed lines are what keeps a header from being read twice."""
    return len(lines) == 2 and lines[0].startswith(b"#ifndef") and lines[1] == b"#define" + lines[0][len(b"#ifndef") :]


def _starts_deeper(
    texts: Texts, change: Change, there: dict[int, int], slice_: tuple[int, int], inside: list[int]
) -> Iterator[int]:
    """The found lines that begin a statement and stand further in than the patch has them, while what surrounds the
    block does not."""
    around = [i for i in (*range(slice_[0], change.b0), *range(change.b1, slice_[1])) if i in there and texts.na[i]]
    if not around or any(columns(texts.a[i]) != columns(texts.t[there[i]]) for i in around):
        return
    for line in inside:
        before = next((texts.a[i].rstrip() for i in range(line - 1, -1, -1) if texts.na[i]), b"")
        goes_on = before.endswith(_GOES_ON) or texts.a[line].lstrip().startswith(_CARRIES_ON)
        if not goes_on and columns(texts.t[there[line]]) > columns(texts.a[line]):
            yield line


def _deeper(texts: Texts, line: int, there: dict[int, int], slice_: tuple[int, int]) -> bool:
    """Whether a line that stands further in also stands deeper. Where braces nest, indentation is only habit: the
    braces between the line and the next found one above it tell, and a condition without a brace right above it."""
    spot = there[line]
    low, high = max(spot - FAR, 0), spot + FAR
    near = texts.t[low:high]
    braces = any(x.rstrip().endswith(b"{") or x.lstrip().startswith(b"}") for x in near)
    if not braces or any(_INDENTS.match(x) for x in near):
        return True
    opener = texts.nt[spot - 1] if spot and _OPENS.match(texts.t[spot - 1]) else b""
    if opener and texts.is_new(opener) and not (line and texts.na[line - 1] == opener):
        return True
    anchor = next((i for i in range(line - 1, slice_[0] - 1, -1) if i in there), None)
    if anchor is None:
        return True
    return _depth(texts.t[there[anchor] : spot]) > _depth(texts.a[anchor:line])


def _depth(lines: list[bytes]) -> int:
    """Braces opened less those closed."""
    text = b"\n".join(lines)
    if b'"' in text or b"'" in text or b"//" in text:
        text = b"\n".join(_QUOTED.sub(b"", line) for line in lines)
    return text.count(b"{") - text.count(b"}")
