"""Text from outside (patches, tags, names, messages) made harmless for terminals and for Markdown."""

from __future__ import annotations

import re
import unicodedata

from syncbot.report import references
from syncbot.report.references import ZERO_WIDTH

_BREAKS = re.compile(r"\s+")
_PLAIN = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?")
"""What most of it is: such a line stays as it is."""
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~$^])")
_ENTITY = re.compile(r"&(?=[#A-Za-z])")
_BLOCK = re.compile(r"\A(?:[-=>]|\d{1,9}(?=\\?[.)](?:\s|\Z)))")
_COMMAND = re.compile(r"^(?=/[A-Za-z])", re.MULTILINE)


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
    one = text if _PLAIN.fullmatch(text) else visible(_BREAKS.sub(" ", text).strip())
    return one if width is None or len(one) <= width else one[: width - 1].rstrip() + "…"


def block(text: str) -> str:
    """Several harmless lines: line feeds and tabs stay, a carriage return at a line's end is left out."""
    return visible(text.replace("\r\n", "\n"), keep="\n\t")


def decoded(content: bytes) -> str:
    """Bytes as text that can be shown: UTF-8, other bytes as surrogate escapes (which `visible` spells out)."""
    return content.decode("utf-8", "surrogateescape")


def markdown(text: str) -> str:
    """Outside text inside a Markdown sentence or cell: no markup, HTML, mention, reference or link comes of it.
    Addresses and commit ids become code spans, which can be copied and are not linked. What need not be escaped is not:
    people read Markdown as it is, too."""
    return references.apart(line(text), code, _prose) if text else ""


def _prose(text: str) -> str:
    text = references.broken(text.replace("://", f":{ZERO_WIDTH}//"))
    text = _MARKUP.sub(r"\\\1", _ENTITY.sub("&amp;", text).replace("<", "&lt;")).replace("-->", "--\\>")
    return _BLOCK.sub(lambda found: f"\\{found[0]}" if found[0] in "-=>" else f"{found[0]}{ZERO_WIDTH}", text)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, width: int | None = None) -> str:
    """Outside text as a line of a title or a commit message: no mention, reference, closing keyword or word that a
    forge obeys comes of it. Shortened to `width` characters with an ellipsis."""
    one = references.spaced(line(text)).replace("<!--", "< !--").replace("-->", "-- >")
    return line(one, width)


def plain_words(markdown_: str) -> str:
    """Markdown of our own as a line for a terminal: without its backticks, escapes and unseen characters."""
    text = re.sub(r"\\([^\w\s])", r"\1", markdown_.replace(ZERO_WIDTH, "").replace("`", ""))
    return line(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).rstrip(".")


def html(text: str) -> str:
    """Outside text inside an HTML element such as `<summary>`, as code: a forge looks for nothing there."""
    one = _entities(references.unclosing(line(text))).replace('"', "&quot;")
    return "<code>" + re.sub(r"[\\`*_\[\]|~$:@#]", lambda found: f"&#{ord(found[0])};", one) + "</code>"


def code(text: str) -> str:
    """Outside text as a code span: nothing in it is linked or rendered. Safe in a table cell."""
    one = _unmarked(line(text)).replace("|", "\\|")
    fence = "`" * (_longest_run(one) + 1)
    pad = " " if one.startswith("`") or one.endswith("`") or not one else ""
    return f"{fence}{pad}{one}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Outside text as a fenced block whose fence it cannot close, and in which no line is a command to some bot."""
    body = _COMMAND.sub(" ", _unmarked(block(text))).rstrip("\n")
    fence = "`" * max(3, _longest_run(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}"


def _unmarked(text: str) -> str:
    """HTML comments are where bots keep their markers: outside text must not forge one, even inside code. Nor may it
    close an issue, should the body become the message of a squashed commit."""
    text = references.unclosing(text)
    return text.replace("<!--", f"<!{ZERO_WIDTH}--").replace("-->", f"--{ZERO_WIDTH}>")


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
