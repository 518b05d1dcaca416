"""A proposal's Markdown for who reads it as it is: in a file, or in a terminal. There nobody folds anything away, and
nobody can comment, so the controls are commands to type."""

from __future__ import annotations

import html
import re

from syncbot.report import controls
from syncbot.report.safe import code

_FENCE = re.compile(r"(`{3,})[a-z]*$")
_SUMMARY = re.compile(r"<details><summary>(.*)</summary>$")
_CODE = re.compile(r"<code>(.*?)</code>")
_BOX = re.compile(r"^- \[[ x]\] <!-- syncbot-box: \S+ --> .*\n", re.MULTILINE)


def for_file(body: str, id: str) -> str:
    """The body for an editor. Boxes stay: the next sync reads them there."""
    head, mark, rest = _parts(body)
    rest = rest.replace("\n\n", "\n\nTick a box, and the next sync obeys it.\n\n", 1) if controls.boxes(rest) else rest
    return _unfolded(head) + mark + _typed(rest, id)


def for_terminal(body: str, id: str) -> str:
    """The body for `plain_text`: without boxes."""
    head, mark, rest = _parts(body)
    rest = re.sub(r"\n{3,}", "\n\n", _BOX.sub("", rest))
    return head + mark + _typed(rest, id)


def _parts(body: str) -> tuple[str, str, str]:
    """What stands above the controls, their heading, and the controls, which end a body."""
    head, mark, rest = body.rpartition(f"\n{controls.HEADING}\n")
    return (head, mark, rest) if mark else (body, "", "")


def _typed(rest: str, id: str) -> str:
    lead = "Or type:" if controls.boxes(rest) else "Type:"
    return rest.replace(controls.COMMENT, lead).replace(f"- `{controls.PREFIX} ", f"- `syncbot proposals tell {id} ")


def _unfolded(text: str) -> str:
    """Folds become headings, and entities what they stand for; what is in a fence stays."""
    lines: list[str] = []
    fence = ""
    for one in text.split("\n"):
        mark = _FENCE.match(one)
        folded = None if fence else _SUMMARY.match(one)
        if fence:
            fence = "" if one == fence else fence
            lines.append(one)
        elif folded is not None:
            lines.append(f"#### {_heading(folded[1])}")
        elif one != "</details>":
            fence = mark[1] if mark is not None else ""
            lines.append(one.replace("&lt;", "\\<").replace("&amp;", "\\&"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _heading(summary: str) -> str:
    parts = _CODE.split(summary)
    return "".join(code(html.unescape(part)) if at % 2 else html.unescape(part) for at, part in enumerate(parts))
