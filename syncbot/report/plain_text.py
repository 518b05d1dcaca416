"""A proposal's Markdown as plain text: for terminals, and for mails to people who take no pull requests.

It reads the Markdown that `report` itself writes, and no other: headings, lists, tables, fences, folds, code spans,
bold and escapes. What it does not know stays as it is.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator

from syncbot.report.references import ZERO_WIDTH

_FENCE = re.compile(r"(`{3,})[a-z]*$")
_SPAN = re.compile(r"\\[!-/:-@\[-`{-~]|(`+)( ?)(.+?)\2\1(?!`)")
"""A code span; an escape before it is none of it."""
_SUMMARY = re.compile(r"<details><summary>(.*)</summary>$")
_ITEM = re.compile(r"( *)- (?:\[[ x]\] )?(?:<!-- syncbot-box: \S+ --> )?")
_LINK = re.compile(r"\[([^\[\]]*)\]\((https?://[^\s()]*|#[a-z-]*)\)")
_RULE = re.compile(r"\|(?: ?:?-+:? ?\|)+$")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"(?<![\w\\])_(.+)_$")
_CELL = re.compile(r"(?<!\\)\|")


def plain_text(markdown: str, wide: int | None = None, *, indent: str = "    ") -> str:
    """The text without markup. Prose is wrapped to `wide` columns, None: not at all; what is in a fence is indented by
    `indent` and never wrapped. A table becomes a list, a row each."""
    out: list[str] = []
    for text in _blocks(markdown, indent):
        first, rest = _margins(text)
        if wide is None or text.startswith(indent + "\0"):
            out.append(text.replace("\0", ""))
        else:
            out += textwrap.wrap(
                text, wide, initial_indent="", subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
            ) or [first]
    lines = "\n".join(line.rstrip() for line in out).replace(ZERO_WIDTH, "")
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"


def _margins(text: str) -> tuple[str, str]:
    """What an empty line is, and what goes before the lines that a long one is broken into."""
    found = re.match(r" *(?:- |\d+\. )?", text)
    return "", " " * len(found[0] if found else "")


def _blocks(markdown: str, indent: str) -> Iterator[str]:
    """Lines of text; one from a fence bears a NUL after its margin."""
    fence = ""
    columns: list[str] = []
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if line == fence:
                fence = ""
            else:
                yield f"{indent}\0{line}"
        elif mark is not None:
            fence = mark[1]
        elif line.startswith("| "):
            cells = [_inline(cell.strip()) for cell in _CELL.split(line)[1:-1]]
            if _RULE.match(line):
                continue
            if not columns:
                columns = cells
            else:
                yield _row(columns, cells)
        else:
            columns = []
            yield from _line(line)


def _row(columns: list[str], cells: list[str]) -> str:
    """`1. fix.patch: obsolete, drop; proof: proved; first release: 1.1`."""
    more = [f"{name}: {cell}" for name, cell in zip(columns[3:], cells[3:], strict=False) if cell]
    return f"{cells[0]}. {'; '.join([': '.join(cells[1:3]), *more])}"


def _line(line: str) -> Iterator[str]:
    folded = _SUMMARY.match(line)
    if folded is not None:
        yield html.unescape(re.sub(r"</?code>", "", folded[1])) + ":"
    elif line == "</details>":
        return
    elif line.startswith("#"):
        heading = _inline(line.lstrip("# "))
        yield from (heading, "-" * max(len(heading), 4))
    else:
        item = _ITEM.match(line)
        yield f"{item[1]}- {_inline(line[item.end() :])}" if item is not None else _inline(line)


def _inline(text: str) -> str:
    """One line: the content of code spans as it is, everything else without markup."""
    spans: list[str] = []

    def aside(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        spans.append(found[3].replace("\\|", "|"))
        return f"\0{len(spans) - 1}\0"

    text = _SPAN.sub(aside, text.replace("\0", ""))
    text = _LINK.sub(lambda found: found[1] + ("" if found[2][0] == "#" else f" <{_direct(found[2])}>"), text)
    text = _EMPHASIS.sub(r"\1", _BOLD.sub(r"\1", text))
    return re.sub("\0(\\d+)\0", lambda found: spans[int(found[1])], html.unescape(_ESCAPE.sub(r"\1", text)))


def _direct(address: str) -> str:
    """Nothing is referred to from a text that no forge shows."""
    return address.replace("https://redirect.github.com/", "https://github.com/", 1)
