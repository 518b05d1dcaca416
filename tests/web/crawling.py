"""Every page that a reader can come to by following links."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import httpx

MOST = 400


class Page(HTMLParser):
    """What of a page matters here: addresses that it leads to, those that it loads, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.handlers += [name for name in values if name.startswith("on") or name == "style"]
        self.ids += [values["id"]] if "id" in values else []
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in ("img", "script", "iframe", "source") and "src" in values:
            self.loads.append(values["src"])
        elif tag == "link":
            (self.links if values.get("rel") == "alternate" else self.loads).append(values.get("href", ""))


def crawl(client: httpx.Client, start: str = "/") -> dict[str, httpx.Response]:
    """{path with its query: answer}, of this host alone."""
    found: dict[str, httpx.Response] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        assert len(found) < MOST, "does the site go on for ever?"
        answer = found[path] = client.get(path)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page = Page(answer.text)
        here = str(client.base_url).rstrip("/")
        for link in (*page.links, *page.loads):
            target, _ = urldefrag(urljoin(here + path, link))
            parts = urlsplit(target)
            if target.startswith(here):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found
