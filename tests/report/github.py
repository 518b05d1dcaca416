"""What GitHub makes of a text. The Markdown is rendered by GitHub's own parser (cmark-gfm), with its extensions and
with raw HTML let through; then the filters of its pipeline run over the text nodes that they look at: those outside
code and links. Where its rules are not public, more is found here than there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

_MENTION = re.compile(r"(?:^|[^A-Za-z0-9_])@([A-Za-z0-9][A-Za-z0-9-]*)")
_REFERENCE = re.compile(r"#\d|(?<![A-Za-z0-9])GH-\d", re.IGNORECASE | re.ASCII)
_COMMIT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-fA-F])(?=[a-fA-F]*[0-9])[0-9a-fA-F]{7,40}(?![0-9A-Za-z])")
_AT_COMMIT = re.compile(r"@[0-9a-fA-F]{7,40}")
_ISSUE_LINK = re.compile(r"https?://(?:www\.)?github\.com/[^/\s]+/[^/\s]+/(?:issues|pull|discussions|commit)/\w", re.I)
_CLOSES = re.compile(
    r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)\b[\s:]*([\w./-]*#\d|GH-\d|https?://(?!redirect\.)[^\s/]+/\S+/\d)",
    re.I,
)
_UNFILTERED = {"pre", "code", "tt", "a", "style", "script"}
_VOID = {"br", "hr", "img", "input"}


@dataclass
class Seen:
    """A rendered text. `text` is what stands outside code and links; `blocks` are the contents of `pre` elements."""

    text: str = ""
    tags: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    closed_badly: bool = False

    @property
    def events(self) -> list[str]:
        """Everything by which the text would reach somebody or something."""
        found = [*_MENTION.findall(self.text), *_REFERENCE.findall(self.text), *_COMMIT.findall(self.text)]
        return [*found, *_AT_COMMIT.findall(self.text), *_CLOSES.findall(self.text), *self.links]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append(tag)
        self.seen.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "pre":
            self.seen.blocks.append("")
        elif tag == "code":
            self.seen.codes.append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.seen.closed_badly = True
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "pre" in self._open:
            self.seen.blocks[-1] += data
        elif "code" in self._open:
            self.seen.codes[-1] += data
        if not _UNFILTERED & set(self._open):
            self.seen.text += data

    def handle_comment(self, data: str) -> None:
        self.seen.comments.append(data)

    def end(self) -> Seen:
        self.close()
        self.seen.closed_badly |= bool(self._open)
        return self.seen


def html(markdown: str) -> str:
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS | Options.CMARK_OPT_FOOTNOTES
    made: str = cmarkgfm.github_flavored_markdown_to_html(markdown, options)
    return made


def rendered(markdown: str) -> Seen:
    """How a body or a comment looks to GitHub's filters."""
    reader = _Reader()
    reader.feed(html(markdown))
    return reader.end()


def commit_events(message: str) -> list[str]:
    """What a commit message (plain text: code protects nothing) would reach."""
    found = [*_MENTION.findall(message), *_REFERENCE.findall(message), *_AT_COMMIT.findall(message)]
    return [*found, *_ISSUE_LINK.findall(message), *_CLOSES.findall(message)]


def closes(text: str) -> list[str]:
    """What the raw text would close, should it become the message of a squashed commit."""
    return _CLOSES.findall(text)
