"""The pages in a real Chromium: nothing is loaded from elsewhere, axe finds nothing, the keyboard reaches all."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.web.serving import Served
from tests.web.test_pages import PAGES

DAY = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
"""Between the two runs of the workspace."""
ROOT = Path(__file__).parents[2]
AXE = ROOT / ".cache" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = (
    *("/", "/todo", "/packages", "/patches", "/packages/curl", "/owners", "/owners/base-team", "/proposals?status=all"),
    *(
        "/proposals/4",
        "/runs",
        "/runs/1",
        "/forecast",
        "/upstreamable",
        "/history",
        "/search?q=crc",
        "/api",
        "/nonesuch",
    ),
    "/packages/curl/patches/0002-refuse-long-names.patch",
    "/packages/openssl/patches/seclevel.patch",
    "/packages/zlib/patches/fix-crc.patch",
    "/packages/curl/patches/0001-write-ten-out.patch",
    f"/?on={DAY}",
    f"/packages/curl?on={DAY}",
)
"""One page of each kind."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium. Where it is not installed nothing is tested, and the end of the run says so."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        told = "chromium is not installed, so the pages were NOT tested in a browser; scripts/test installs it"
        warnings.warn(told, stacklevel=1)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.fail("axe-core is not installed, so accessibility was NOT tested; scripts/test installs it from npm")
    return AXE.read_text()


def opened(browser: Browser, site: Served, *, width: int = 1440, dark: bool = False, **more: Any) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        base_url=site.address,
        reduced_motion="reduce",
        **more,
    )
    return context.new_page()


def test_no_page_asks_another_host_and_none_complains(browser: Browser, site: Served) -> None:
    page = opened(browser, site)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for path in PAGES:
        page.goto(path)
    assert {urlsplit(url).netloc for url in asked} == {f"127.0.0.1:{site.port}"}
    assert said == [], "a broken policy, a missing file or an error in the script would stand here"
    page.context.close()


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["wide and light", "narrow and dark"])
def test_axe_finds_nothing(browser: Browser, site: Served, axe: str, width: int, dark: bool) -> None:
    page = opened(browser, site, width=width, dark=dark, bypass_csp=True)  # axe is put into the page
    found = {}
    for path in LOOKS:
        page.goto(path)
        page.evaluate(axe)
        options = {"runOnly": {"type": "tag", "values": RULES}}
        result = page.evaluate("options => axe.run(document, options)", options)
        assert len(result["passes"]) > 10, "it looked"
        if result["violations"]:
            found[path] = [(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]]
    assert found == {}
    page.context.close()


def test_axe_would_find_something(browser: Browser, site: Served, axe: str) -> None:
    page = opened(browser, site, bypass_csp=True)
    page.goto("/")
    page.evaluate(
        "document.querySelector('#q').insertAdjacentHTML('afterend', '<img src=\"/static/icon.svg\"><input>')"
    )
    page.evaluate(axe)
    ids = {one["id"] for one in page.evaluate("() => axe.run()")["violations"]}
    assert {"image-alt", "label"} <= ids
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 820])
def test_no_page_is_wider_than_its_window(browser: Browser, site: Served, width: int) -> None:
    page = opened(browser, site, width=width)
    wide = {}
    for path in LOOKS:
        page.goto(path)
        more = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if more > 0:
            wide[path] = more
    assert wide == {}
    page.context.close()


FOCUS = """() => {
  const at = document.activeElement;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  return {
    tag: at.tagName,
    name: at.id || at.textContent.trim().slice(0, 40),
    index: [...document.querySelectorAll('*')].indexOf(at),
    seen: box.width > 0 && style.outlineStyle !== 'none',
  };
}"""
REACHABLE = """() => [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter(one => one.checkVisibility() && one.type !== 'hidden')
  .map(one => [...document.querySelectorAll('*')].indexOf(one))"""


@pytest.mark.parametrize(
    "path", ["/", "/packages", "/packages/curl", "/packages/curl/patches/0002-refuse-long-names.patch"]
)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, site: Served, path: str) -> None:
    page = opened(browser, site)
    page.goto(path)
    wanted = set(page.evaluate(REACHABLE))
    assert len(wanted) > 15
    visited = []
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["tag"] == "BODY":
            break
        visited.append(at)
        if len(visited) == 1:
            assert at["name"] == "Skip to the content"
    assert wanted <= {at["index"] for at in visited}
    assert [at["name"] for at in visited if not at["seen"]] == []
    page.context.close()


def test_the_first_link_skips_the_navigation(browser: Browser, site: Served) -> None:
    page = opened(browser, site)
    page.goto("/packages")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.context.close()


def test_everything_works_without_javascript(browser: Browser, site: Served) -> None:
    page = opened(browser, site, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="0002-refuse-long-names.patch").first.click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("0002-refuse-long-names.patch")
    page.get_by_label("Search packages").fill("crc")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="fix-crc.patch").click()
    assert page.get_by_text("Upstream's commit").is_visible()
    page.goto("/packages")
    page.get_by_label("Verdict").select_option("held")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("tbody tr")
    assert [rows.nth(at).locator("th").inner_text() for at in range(rows.count())] == ["zlib"]
    page.context.close()


def test_a_chart_has_a_name_and_a_table(browser: Browser, site: Served) -> None:
    page = opened(browser, site)
    page.goto("/")
    name = page.get_by_role("img", name="Lines carried").get_attribute("aria-label") or ""
    assert "The table below has the figures." in name
    page.get_by_text("The figures as a table").click()
    rows = page.locator("figure table tbody tr")
    assert rows.count() >= 2
    assert rows.first.locator("td").last.inner_text() == "22", "the newest first"
    page.context.close()


def test_a_command_is_copied(browser: Browser, site: Served) -> None:
    page = opened(browser, site, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/packages/curl")
    page.get_by_role("button", name="Copy: syncbot check curl").click()
    page.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "syncbot check curl"
    page.context.close()


def test_a_page_says_when_it_has_news(browser: Browser, site: Served) -> None:
    page = opened(browser, site)
    page.goto("/packages")
    page.route("**/packages", lambda route: route.fulfill(status=200, headers={"ETag": '"new"'}, body="x"))
    page.evaluate("look().then(look)")
    page.get_by_role("status").wait_for()
    assert "news" in page.get_by_role("status").inner_text()
    page.context.close()
