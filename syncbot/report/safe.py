"""Text from outside (patches, tags, names, messages) made harmless for terminals and for Markdown."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile(r"\s+")
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$])")
_MENTION = re.compile(r"@(?=\w)")
_GH_NUMBER = re.compile(r"\b(GH-)(?=\d)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"


def visible(text: str, keep: str = "") -> str:
    """Control, bidirectional, zero-width and other unseen characters become visible words such as `[U+202E]`; those in
    `keep` stay. A byte that was not UTF-8 (surrogate escape) becomes `[xE9]`."""
    return (
        "".join(c if c in keep else _visible(c) for c in text) if not text.isascii() or not text.isprintable() else text
    )


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"[x{code - 0xDC00:02X}]"
    if code == 0xA0 or unicodedata.category(char) == "Zs":
        return " "
    return f"[U+{code:04X}]"


def line(text: str, width: int | None = None) -> str:
    """One harmless line for a terminal or a message; shortened to `width` characters with an ellipsis."""
    one = visible(_BREAKS.sub(" ", text).strip())
    return one if width is None or len(one) <= width else one[: width - 1].rstrip() + "…"


def block(text: str) -> str:
    """Several harmless lines: line feeds and tabs stay, a carriage return at a line's end is left out."""
    return visible(text.replace("\r\n", "\n"), keep="\n\t")


def decoded(content: bytes) -> str:
    """Bytes as text that can be shown: UTF-8, other bytes as surrogate escapes (which `visible` spells out)."""
    return content.decode("utf-8", "surrogateescape")


def markdown(text: str) -> str:
    """Outside text inside a Markdown sentence or cell: no markup, HTML, mention, reference or link comes of it."""
    one = line(text)
    one = one.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    one = _MARKUP.sub(r"\\\1", one)
    one = (
        one.replace("\\#", f"\\#{_ZERO_WIDTH}")
        .replace("://", f":{_ZERO_WIDTH}//")
        .replace("www.", f"www{_ZERO_WIDTH}.")
    )
    one = _GH_NUMBER.sub(rf"\1{_ZERO_WIDTH}", one)
    return _MENTION.sub(f"@{_ZERO_WIDTH}", one)


def code(text: str) -> str:
    """Outside text as a code span: nothing in it is linked or rendered. Safe in a table cell."""
    one = _unmarked(line(text)).replace("|", "\\|")
    fence = "`" * (_longest_run(one) + 1)
    pad = " " if one.startswith("`") or one.endswith("`") or not one else ""
    return f"{fence}{pad}{one}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Outside text as a fenced block whose fence it cannot close."""
    body = _unmarked(block(text)).rstrip("\n")
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def _unmarked(text: str) -> str:
    """HTML comments are where bots keep their markers: outside text must not forge one, even inside code."""
    return text.replace("<!--", f"<!{_ZERO_WIDTH}--").replace("-->", f"--{_ZERO_WIDTH}>")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
