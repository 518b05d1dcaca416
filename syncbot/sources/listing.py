"""What lies on a page of files: its links, and the lists of checksums among them. Pure: bytes in, values out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from syncbot.model.ids import Digest

SIGNATURES = (".asc", ".sig", ".sign", ".gpg", ".minisig")
_SUMS = re.compile(r"(?:sha(?:256|512)|md5)?_?-?(?:sums?|checksums?)(?:\.(?:txt|asc))?|sha(?:256|512)(?:\.txt)?", re.I)
_LENGTHS = {128: "sha512", 96: "sha384", 64: "sha256"}
_GNU = re.compile(r"^\\?([0-9a-fA-F]{64,128})\s+[* ]?(?:\./)?(\S.*?)\s*$")
_BSD = re.compile(r"^SHA(?:256|384|512) \((?:\./)?([^()]+)\) = ([0-9a-fA-F]{64,128})\s*$")
_MOST_LINKS = 100_000


@dataclass(frozen=True, slots=True)
class File:
    """A file or folder of a listing: `place` is its URL or path; `size` in bytes, None where the listing does not
    say."""

    name: str
    place: str
    folder: bool = False
    size: int | None = None


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, None] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href") if tag == "a" else None
        if target and len(self.found) < _MOST_LINKS:
            self.found[target] = None


def links(body: bytes, page: str) -> list[File]:
    """Where the page's links lead to, by http or https, each once. From a page that came by https, no link leads to
    http. Links that go up or lead to the page itself are left out."""
    reader = _Links()
    reader.feed(body.decode("utf-8", "replace"))
    secure = urlsplit(page).scheme == "https"
    found: dict[str, File] = {}
    for target in reader.found:
        try:
            url = urldefrag(urljoin(page, target.strip()))[0]
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.scheme != "https" and (secure or parts.scheme != "http"):
            continue
        path = unquote(parts.path)
        folder = path.endswith("/")
        name = path.rstrip("/").rpartition("/")[2]
        if name and name.isprintable() and not urlsplit(page).path.startswith(parts.path):
            found.setdefault(url, File(name, url, folder=folder))
    return list(found.values())


def is_sums(name: str) -> bool:
    """Whether a file is named like a list of checksums."""
    return _SUMS.fullmatch(name) is not None and not name.lower().startswith("md5")


def checksums(body: bytes) -> dict[str, Digest]:
    """{file name: digest} of a list in the form of GNU or BSD tools, clear-signed or not."""
    found: dict[str, Digest] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        gnu, bsd = _GNU.match(line), _BSD.match(line)
        pair = (gnu[2], gnu[1]) if gnu else (bsd[1], bsd[2]) if bsd else None
        if pair is not None and len(pair[1]) in _LENGTHS:
            found.setdefault(pair[0].rpartition("/")[2], Digest(f"{_LENGTHS[len(pair[1])]}:{pair[1].lower()}"))
    return found


def digest_in(body: bytes, name: str) -> Digest | None:
    """The digest of one file in its own checksum file, which may hold nothing but the number."""
    found = checksums(body).get(name)
    if found is not None:
        return found
    alone = re.fullmatch(r"\s*([0-9a-fA-F]{64,128})\s*", body.decode("utf-8", "replace"))
    if alone is None or len(alone[1]) not in _LENGTHS:
        return None
    return Digest(f"{_LENGTHS[len(alone[1])]}:{alone[1].lower()}")
