"""News as an Atom feed (RFC 4287). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

from syncbot.model.running import News
from syncbot.report.safe import line

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def feed(news: Sequence[News]) -> str:
    """The feed of these news, newest first. What is in it says when it was updated, so that it is the same for the
    same news."""
    updated = max((each.at for each in news), default=_NEVER)
    entries = "".join(map(_entry, news))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "  <title>syncbot</title>\n"
        "  <id>urn:syncbot:news</id>\n"
        "  <author><name>syncbot</name></author>\n"
        f"  <updated>{updated.isoformat(timespec='seconds')}</updated>\n"
        f"{entries}</feed>\n"
    )


def _entry(news: News) -> str:
    about = [news.kind.sentence, *([f"Patch: {news.patch}."] if news.patch else [])]
    about += [f"Release: {news.release}."] if news.release else []
    return (
        "  <entry>\n"
        f"    <title>{_text(news.title)}</title>\n"
        f"    <id>urn:syncbot:news:{_text(news.key)}</id>\n"
        f"    <updated>{news.at.isoformat(timespec='seconds')}</updated>\n"
        f"    <category term={quoteattr(news.kind.value)}/>\n"
        f"    <summary>{_text(' '.join(about))}</summary>\n"
        "  </entry>\n"
    )


def _text(text: str) -> str:
    return escape(line(text))
