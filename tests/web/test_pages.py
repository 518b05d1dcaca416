"""The pages as a reader meets them, over HTTP: what they say, and what they never say."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from syncbot.web.seat import Seat
from tests.web.crawling import Page, crawl
from tests.web.serving import Served
from tests.web.world import EVIL, HIDDEN, private

PAGES = (
    *("/", "/todo", "/packages", "/patches", "/packages/curl", "/packages/zlib", "/packages/tar", "/packages/evil"),
    *("/owners", "/owners/base-team", "/proposals", "/proposals?status=all", "/proposals/1", "/proposals/4"),
    *("/runs", "/runs/1", "/forecast", "/upstreamable", "/history", "/search", "/search?q=crc", "/api"),
    "/packages/curl/patches/0001-write-ten-out.patch",
    "/packages/curl/patches/0002-refuse-long-names.patch",
    "/packages/zlib/patches/fix-crc.patch",
    "/packages/openssl/patches/seclevel.patch",
)


@pytest.fixture(scope="module")
def everything(site: Served) -> dict[str, httpx.Response]:
    """Every page that links lead to, and what pages load."""
    with httpx.Client(base_url=site.address, trust_env=False) as client:
        return crawl(client)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.tags.count("h1") == 1
    assert page.tags.count("main") == 1
    assert len(page.ids) == len(set(page.ids)), "an id is there once"


def test_no_link_is_dead(everything: dict[str, httpx.Response]) -> None:
    assert {path: answer.status_code for path, answer in everything.items() if answer.status_code != 200} == {}
    unlinked = {path.partition("?")[0] for path in PAGES} - {path.partition("?")[0] for path in everything}
    assert unlinked == {"/search"}, "that one is a form"


def test_the_overview_says_what_to_do(client: httpx.Client) -> None:
    text = client.get("/").text
    assert "<h1>3 things need a person</h1>" in text
    assert "5 packages carry 8 patches of 22 lines." in text
    order = [text.index(words) for words in ("0002-refuse-long-names.patch", ">1.0 → ", ">1.1 → ")]
    assert order == sorted(order), "security first, then what is ready, then drafts"
    assert "curl: 1.1" not in text, "its name stands before it, and is not said twice"
    assert "Go with the next release" in text


def test_a_package_has_its_series_its_releases_and_what_is_gone(client: httpx.Client) -> None:
    text = client.get("/packages/curl").text
    assert "2 patches of 4 lines on <strong>1.1</strong>" in text
    for words in (
        "moved here",
        "refuse names that are too long",
        "What is gone",
        "syncbot check curl",
        "CVE-2024-12345",
    ):
        assert words in text
    fates = re.findall(r'class="fate \w+" title="[^"]+"><span aria-hidden="true">.</span> (\w+)', text)
    assert fates == ["untouched", "conflict", "untouched", "untouched", "obsolete"]


def test_a_patch_has_its_diff_its_evidence_and_both_versions(client: httpx.Client) -> None:
    text = client.get("/packages/curl/patches/0002-refuse-long-names.patch").text
    assert "A person is asked:" in text
    assert "another twenty" in text, "upstream's version"
    assert 'id="f1h1"' in text, "each hunk has an address"
    assert re.search(r'class="chip bad">conflicts<', text), "and says where it is in the release"


def test_upstreams_commit_stands_beside_the_patch(client: httpx.Client) -> None:
    text = client.get("/packages/zlib/patches/fix-crc.patch").text
    assert "Upstream's commit" in text
    assert text.count(">eleven</td>") == 2, "once in the patch, once in the commit"


def test_a_patch_that_is_gone_is_explained_too(client: httpx.Client) -> None:
    text = client.get("/packages/curl/patches/0001-write-ten-out.patch").text
    assert "Dropped with release <strong>1.1</strong>" in text
    assert "proved: the release" in text


@pytest.mark.parametrize("word", HIDDEN)
def test_a_private_package_is_nowhere(everything: dict[str, httpx.Response], client: httpx.Client, word: str) -> None:
    more = [client.get(path) for path in PRIVATE]
    found = [str(answer.request.url) for answer in (*everything.values(), *more) if word in _said(answer)]
    assert found == []


PRIVATE = (
    *("/packages/embargoed", "/packages/embargoed/patches/hole.patch", "/badge/embargoed/patches.svg"),
    *("/owners/secret-team", "/search?q=embargo", "/search?q=hole", "/search?q=CVE-2031", "/feed.atom?weekly=true"),
    *("/feed.atom?owner=secret-team", "/patches?cve=CVE-2031-99999", "/packages?owner=secret-team", "/metrics"),
    *("/api/v1/packages/embargoed", "/api/v1/packages?limit=200", "/api/v1/patches?limit=200", "/api/v1/history"),
    *("/api/v1/packages/embargoed/history", "/api/v1/packages/embargoed/patches/hole.patch", "/api/v1/owners"),
    *("/api/v1/search?q=e", "/api/v1/proposals", "/api/v1/forecast", "/api/v1/upstreamable", "/api/v1/runs"),
)


def _said(answer: httpx.Response) -> str:
    """The answer without what the asker said itself."""
    url = answer.request.url
    asked = [part for part in re.split(r"[/?&=]", url.raw_path.decode()) if part]
    text = answer.text
    for part in sorted(asked, key=len, reverse=True):
        text = text.replace(part, "")
    return text


def test_a_private_package_is_answered_like_none(client: httpx.Client) -> None:
    one, other = client.get("/api/v1/packages/embargoed"), client.get("/api/v1/packages/nonesuch")
    assert one.status_code == other.status_code == 404
    assert one.text.replace("embargoed", "nonesuch") == other.text


def test_a_package_that_becomes_private_goes_at_once(own: httpx.Client, own_seat: Seat, own_path: Path) -> None:
    assert own.get("/packages/zlib").status_code == 200
    private(own_seat.workspace, own_path, "zlib")
    own_seat.forget()
    answers = crawl(own)
    assert [path for path, answer in answers.items() if "zlib" in answer.text] == []
    assert own.get("/packages/zlib").status_code == 404


def test_nothing_that_a_patch_says_becomes_markup(everything: dict[str, httpx.Response]) -> None:
    for path, answer in everything.items():
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = Page(answer.text)
        assert EVIL not in answer.text, path
        assert page.handlers == [], path
        assert page.tags.count("script") == 1, path
        assert set(page.loads) <= {"/static/style.css", "/static/live.js", "/static/icon.svg"} | BADGES, path
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", answer.text), path
    hits = [path for path, answer in everything.items() if "&lt;script&gt;alert(1)" in answer.text]
    assert len(hits) > 3, "it is shown, as text"


BADGES = {
    f"/badge/{name}/{kind}.svg"
    for name in ("curl", "zlib", "openssl", "tar", "evil")
    for kind in ("patches", "lines", "behind")
}


def test_what_is_not_there_is_a_page_too(client: httpx.Client) -> None:
    answer = client.get("/packages/<b>nonesuch")
    assert answer.status_code == 404
    assert "<h1>Not Found</h1>" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("crc", ["fix-crc.patch"]),
        ("CVE-2024-12345", ["CVE-2024-12345", "0002-refuse-long-names.patch"]),
        ("zlib", ["zlib"]),
        ("base-team", ["base-team"]),
        ("nothing has that", []),
    ],
)
def test_the_search(client: httpx.Client, query: str, hits: list[str]) -> None:
    found = client.get("/api/v1/search", params={"q": query}).json()
    assert [hit["name"] for hit in found["items"]] == hits
    page = client.get("/search", params={"q": query})
    assert all(f">{hit}</a>" in page.text for hit in hits)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("patches", "patches: 2"), ("lines", "delta: 4 lines"), ("behind", "upstream: 1 release behind")],
)
def test_badges(client: httpx.Client, kind: str, words: str) -> None:
    answer = client.get(f"/badge/curl/{kind}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert f'aria-label="{words}"' in answer.text
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin", "any page may show it"


def test_feeds(client: httpx.Client) -> None:
    everybody, base = client.get("/feed.atom"), client.get("/feed.atom", params={"owner": "base-team"})
    assert everybody.headers["content-type"].startswith("application/atom+xml")
    assert "curl: 2 things to do" in everybody.text
    assert "curl" not in base.text
    assert "evil" in base.text
