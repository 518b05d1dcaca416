"""A project on a Python package index: what is listed, what is downloaded, and what goes wrong."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug import Response

from syncbot.errors import (
    DigestMismatch,
    HostileInput,
    InputError,
    SyncbotError,
    UpstreamChanged,
    UpstreamUnreachable,
)
from syncbot.model.releases import Release
from syncbot.model.settings import Limits
from syncbot.sources.pypi import PypiSource

from .conftest import Registry
from .making import make_tar, quiet, sha256

Make = Callable[..., PypiSource]
PAGE = "/simple/small-thing/"
JSON = "application/vnd.pypi.simple.v1+json"


def sdist(version: str) -> tuple[str, bytes]:
    return f"small_thing-{version}.tar.gz", make_tar({f"small_thing-{version}/a.py": f"v = {version!r}\n".encode()})


def publish(registry: Registry, *versions: str, **about: dict[str, object]) -> None:
    """Put a page in JSON and the source archives there; `about` adds fields by version (dots as underscores)."""
    files = []
    for version in versions:
        name, content = sdist(version)
        registry.put(f"/files/{name}", content)
        file = {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": sha256(content)}}
        files.append(file | about.get("v" + version.replace(".", "_"), {}))
    page = {"meta": {"api-version": "1.1"}, "name": "small-thing", "files": files, "versions": list(versions)}
    registry.put(PAGE, json.dumps(page), JSON)


def refreshed(source: PypiSource) -> PypiSource:
    source.refresh(quiet)
    return source


def the(source: PypiSource, version: str) -> Release:
    return next(release for release in source.releases() if release.version == version)


def test_releases_are_listed_oldest_first_with_what_the_index_says(registry: Registry, pypi: Make) -> None:
    publish(
        registry,
        "1.10",
        "1.9",
        "2.0rc1",
        "bogus",
        v1_9={"upload-time": "2024-01-02T03:04:05Z"},
        v1_10={"yanked": "broken"},
    )
    releases = refreshed(pypi()).releases()
    assert [(r.version, r.prerelease, r.yanked) for r in releases] == [
        ("1.9", False, False),
        ("1.10", False, True),
        ("2.0rc1", True, False),
    ]
    assert releases[0].identity == f"sha256:{sha256(sdist('1.9')[1])}"
    assert releases[0].date is not None
    assert releases[0].date.isoformat() == "2024-01-02T03:04:05+00:00"
    assert pypi().branch("main") is None


def test_an_index_in_html_is_read_too(registry: Registry, pypi: Make) -> None:
    name, content = sdist("1.0")
    registry.put(f"/files/{name}", content)
    registry.put(PAGE, f'<a href="/files/{name}#sha256={sha256(content)}">{name}</a>', "text/html")
    source = refreshed(pypi())
    assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"


def test_a_tree_is_downloaded_once_and_checked(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0")
    for _ in range(2):
        source = refreshed(pypi())
        assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"
    assert registry.asked == [(PAGE, 200), (f"/files/{sdist('1.0')[0]}", 200), (PAGE, 304)]


def test_what_was_asked_before_is_known_without_asking(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0")
    refreshed(pypi())
    assert [r.version for r in pypi().releases()] == ["1.0"]
    assert len(registry.asked) == 1


def test_a_project_never_asked_for_wants_a_refresh(pypi: Make) -> None:
    with pytest.raises(UpstreamUnreachable, match="refresh it first"):
        pypi().releases()


def test_a_cached_file_that_was_damaged_is_fetched_again(registry: Registry, pypi: Make, tmp_path: Path) -> None:
    publish(registry, "1.0")
    source = refreshed(pypi())
    source.tree(the(source, "1.0"), quiet)
    (kept,) = (path for path in (tmp_path / "cache" / "archives").rglob("*") if path.is_file())
    kept.write_bytes(b"rot")
    assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"
    assert kept.read_bytes() == sdist("1.0")[1]


def no_half_files(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.is_file() and "archives" in path.parts]


def test_another_digest_is_refused_and_nothing_is_kept(registry: Registry, pypi: Make, tmp_path: Path) -> None:
    publish(registry, "1.0")
    registry.put(f"/files/{sdist('1.0')[0]}", sdist("6.6")[1])
    source = refreshed(pypi())
    with pytest.raises(DigestMismatch, match="the registry published"):
        source.tree(the(source, "1.0"), quiet)
    assert no_half_files(tmp_path)


def test_an_error_page_in_place_of_an_archive_is_said_to_be_one(registry: Registry, pypi: Make, tmp_path: Path) -> None:
    publish(registry, "1.0")
    registry.put(f"/files/{sdist('1.0')[0]}", "<p>please log in", "text/html; charset=utf-8")
    source = refreshed(pypi())
    with pytest.raises(UpstreamUnreachable, match="is a web page, not small_thing"):
        source.tree(the(source, "1.0"), quiet)
    assert no_half_files(tmp_path)


def test_an_archive_beyond_the_limit_is_refused(registry: Registry, pypi: Make, tmp_path: Path) -> None:
    publish(registry, "1.0")
    source = refreshed(pypi(limits=Limits(archive_bytes=20)))
    with pytest.raises(HostileInput, match="exceeds 20 bytes"):
        source.tree(the(source, "1.0"), quiet)
    assert no_half_files(tmp_path)


def test_a_release_of_wheels_alone_is_listed_but_has_no_tree(registry: Registry, pypi: Make) -> None:
    wheel = {"filename": "small_thing-1.0-py3-none-any.whl", "url": "x.whl", "hashes": {"sha256": "0" * 64}}
    registry.put(PAGE, json.dumps({"meta": {"api-version": "1.0"}, "name": "x", "files": [wheel]}), JSON)
    source = refreshed(pypi())
    with pytest.raises(InputError, match="has no source archive, only wheels; track its git repository"):
        source.tree(the(source, "1.0"), quiet)


def test_of_several_source_archives_the_tar_is_taken(registry: Registry, pypi: Make) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("small_thing-1.0/a.py", "zip")
    publish(registry, "1.0")
    page = json.loads(registry.pages[PAGE][1])
    page["files"].insert(0, {"filename": "small_thing-1.0.zip", "url": "/z", "hashes": {"sha256": "1" * 64}})
    registry.put(PAGE, json.dumps(page), JSON)
    source = refreshed(pypi())
    assert the(source, "1.0").identity == f"sha256:{sha256(sdist('1.0')[1])}"


def test_a_release_that_changed_or_went_is_a_supply_chain_event(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0", "2.0")
    before = refreshed(pypi()).releases()
    publish(registry, "2.0", v2_0={"hashes": {"sha256": "0" * 64}})
    source = refreshed(pypi())
    with pytest.raises(UpstreamChanged, match=r"release 1\.0 is gone"):
        source.tree(before[0], quiet)
    with pytest.raises(UpstreamChanged, match=r"release 2\.0 was sha256:.* has sha256:0000"):
        source.tree(before[1], quiet)


def test_an_unknown_project_is_bad_input(pypi: Make) -> None:
    with pytest.raises(InputError, match="no index has the project small-thing"):
        pypi().refresh(quiet)


@pytest.mark.parametrize(("kind", "body"), [("text/html", "<p>please log in"), (JSON, "{"), (JSON, "[]"), ("", "")])
def test_what_is_no_index_page_is_said_to_be_none(registry: Registry, pypi: Make, kind: str, body: str) -> None:
    registry.put(PAGE, body, kind)
    with pytest.raises(UpstreamUnreachable, match="is no index page"):
        pypi().refresh(quiet)


def test_a_second_index_adds_files_and_the_first_one_wins(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0")
    kind, first = registry.pages[PAGE]
    publish(registry, "1.0", "2.0", v1_0={"hashes": {"sha256": "0" * 64}})
    registry.put("/extra/small-thing/", *reversed(registry.pages[PAGE]))
    registry.put(PAGE, first, kind)
    source = refreshed(pypi(PIP_EXTRA_INDEX_URL=f"{registry.url}/extra"))
    assert [r.version for r in source.releases()] == ["1.0", "2.0"]
    assert the(source, "1.0").identity == f"sha256:{sha256(sdist('1.0')[1])}"


def test_an_index_in_a_folder_is_read(tmp_path: Path, pypi: Make) -> None:
    name, content = sdist("1.0")
    (tmp_path / "index" / "small-thing").mkdir(parents=True)
    (tmp_path / "index" / name).write_bytes(content)
    page = tmp_path / "index" / "small-thing" / "index.html"
    page.write_text(f'<a href="../{name}#sha256={sha256(content)}">{name}</a>')
    source = refreshed(pypi(PIP_INDEX_URL=f"file://{tmp_path}/index"))
    assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"
    (tmp_path / "index" / name).write_bytes(b"other")
    with pytest.raises(DigestMismatch):
        source.tree(the(source, "1.0"), quiet)


def test_a_page_that_is_as_it_was_is_read_without_the_library(tmp_path: Path, pypi: Make) -> None:
    page = tmp_path / "index" / "small-thing" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("".join(f'<a href="../{name}">{name}</a>' for name, _ in (sdist("1.0"), sdist("2.0rc1"))))
    first = refreshed(pypi(PIP_INDEX_URL=f"file://{tmp_path}/index")).releases()
    program = f"""
import sys
from pathlib import Path
from syncbot.sources.place import Place
from syncbot.sources.pypi import PypiSource
environ = {{"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": "file://{tmp_path}/index"}}
source = PypiSource("small-thing", Place(Path({str(tmp_path / "cache")!r}), environ=environ))
source.refresh(lambda *_: None)
assert "pypi_simple" not in sys.modules
print(source.releases())
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == repr(tuple(first))


def test_a_page_of_the_same_size_and_time_is_read_anew(tmp_path: Path, pypi: Make) -> None:
    page = tmp_path / "index" / "small-thing" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f"<a href='../{sdist('1.0')[0]}'>{sdist('1.0')[0]}</a>")
    times = page.stat()
    source = pypi(PIP_INDEX_URL=f"file://{tmp_path}/index")
    assert [r.version for r in refreshed(source).releases()] == ["1.0"]
    page.write_text(page.read_text().replace("1.0", "1.1"))
    os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [r.version for r in refreshed(source).releases()] == ["1.1"]


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"key": 1}', b"\xff"])
def test_what_was_kept_of_a_page_is_made_again_where_it_is_damaged(
    registry: Registry, pypi: Make, tmp_path: Path, damage: bytes
) -> None:
    publish(registry, "1.0", v1_0={"upload-time": "2024-01-02T03:04:05Z", "yanked": True})
    before = refreshed(pypi()).releases()
    kept = list((tmp_path / "cache" / "pages").glob("*.derived"))
    assert len(kept) == 1
    good = kept[0].read_bytes()
    kept[0].write_bytes(damage)
    assert refreshed(pypi()).releases() == before
    assert kept[0].read_bytes() == good
    assert refreshed(pypi()).releases() == before


def test_an_index_on_the_net_cannot_name_a_local_file(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0", v1_0={"url": "file:///etc/passwd"})
    source = refreshed(pypi())
    with pytest.raises(HostileInput, match="local file"):
        source.tree(the(source, "1.0"), quiet)


def test_a_file_without_a_published_digest_is_taken_by_its_name(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0", v1_0={"hashes": {}})
    source = refreshed(pypi())
    assert the(source, "1.0").identity == f"file:{sdist('1.0')[0]}"
    for _ in range(2):
        assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"
    assert len(registry.asked) == 2


def test_rules_rewrite_the_index_and_the_files(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0", v1_0={"url": f"http://files.invalid/files/{sdist('1.0')[0]}"})
    rules = (("http://index.invalid/", f"{registry.url}/simple/"), ("http://files.invalid/", f"{registry.url}/"))
    source = refreshed(pypi(rules=rules, PIP_INDEX_URL="http://index.invalid/"))
    assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"


@pytest.mark.parametrize(
    ("status", "header", "wait"), [(503, "", 0.5), (429, "7", 7.0), (500, "99999", 60.0), (502, "soon", 0.5)]
)
def test_a_passing_failure_is_tried_again(
    registry: Registry, pypi: Make, slept: list[float], status: int, header: str, wait: float
) -> None:
    publish(registry, "1.0")
    registry.fail_first(PAGE, lambda: Response("", status, headers={"Retry-After": header} if header else {}))
    assert [r.version for r in refreshed(pypi()).releases()] == ["1.0"]
    assert slept == [wait]


def test_a_retry_after_in_the_past_waits_not_at_all(registry: Registry, pypi: Make, slept: list[float]) -> None:
    publish(registry, "1.0")
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    registry.fail_first(PAGE, lambda: Response("", 503, headers=past))
    refreshed(pypi())
    assert slept == [0.0]


def test_a_failure_that_stays_ends_after_four_attempts(registry: Registry, pypi: Make, slept: list[float]) -> None:
    registry.fail_first(PAGE, *[lambda: Response("", 503)] * 9)
    with pytest.raises(UpstreamUnreachable, match="status 503"):
        pypi().refresh(quiet)
    assert slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("status", "said"), [(401, "wants credentials"), (403, "access is refused"), (400, "400")])
def test_a_refusal_is_final(registry: Registry, pypi: Make, slept: list[float], status: int, said: str) -> None:
    registry.fail_first(PAGE, *[lambda: Response("", status)] * 9)
    with pytest.raises(UpstreamUnreachable, match=said):
        pypi().refresh(quiet)
    assert slept == []


def test_a_connection_that_breaks_off_is_tried_again(registry: Registry, pypi: Make, tmp_path: Path) -> None:
    publish(registry, "1.0")
    name, content = sdist("1.0")

    def half() -> Response:
        answer = Response(content[:40])
        answer.headers["Content-Length"] = str(len(content))
        answer.automatically_set_content_length = False
        answer.headers["Connection"] = "close"
        return answer

    registry.fail_first(f"/files/{name}", half)
    source = refreshed(pypi())
    assert source.tree(the(source, "1.0"), quiet).read("a.py") == b"v = '1.0'\n"
    registry.fail_first(f"/files/{name}", *[half] * 4)
    for path in (tmp_path / "cache" / "archives").rglob("*"):
        if path.is_file():
            path.unlink()
    with pytest.raises(UpstreamUnreachable, match="broke off"):
        source.tree(the(source, "1.0"), quiet)
    assert no_half_files(tmp_path)


@pytest.mark.parametrize("target", ["ftp://host.example/x", "file:///etc/passwd", "gopher://host.example/"])
def test_a_redirect_to_another_scheme_is_refused(registry: Registry, pypi: Make, target: str) -> None:
    registry.fail_first(PAGE, lambda: Response("", 302, headers={"Location": target}))
    with pytest.raises(HostileInput, match="redirects to the scheme"):
        pypi().refresh(quiet)


def test_a_redirect_on_http_is_followed_and_links_go_from_there(registry: Registry, pypi: Make) -> None:
    publish(registry, "1.0")
    registry.put("/else/where/x/", *reversed(registry.pages[PAGE]))
    registry.fail_first(PAGE, lambda: Response("", 302, headers={"Location": "/else/where/x/"}))
    registry.put(f"/else/files/{sdist('1.0')[0]}", sdist("1.0")[1])
    source = refreshed(pypi())
    source.tree(the(source, "1.0"), quiet)
    assert registry.asked[-1] == (f"/else/files/{sdist('1.0')[0]}", 200)


def test_redirects_without_end_are_given_up(registry: Registry, pypi: Make, slept: list[float]) -> None:
    registry.fail_first(PAGE, *[lambda: Response("", 302, headers={"Location": PAGE})] * 99)
    with pytest.raises(UpstreamUnreachable, match="redirects without end"):
        pypi().refresh(quiet)
    assert slept == []


SECRET = "s3cr3t-t0ken"


def test_credentials_reach_the_index_and_nobody_else(
    registry: Registry, pypi: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    publish(registry, "1.0")
    index = registry.url.replace("http://", f"http://user:{SECRET}@") + "/simple"
    source = refreshed(pypi(PIP_INDEX_URL=index))
    told: list[str] = []
    source.tree(the(source, "1.0"), lambda what, done, total: told.append(what))
    assert all(sent is not None and sent.startswith("Basic ") for sent in registry.authorizations)
    assert SECRET not in "".join(told) + repr(source.releases())
    assert SECRET not in caplog.text
    for path in tmp_path.rglob("*"):
        assert SECRET not in str(path)
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


@pytest.mark.parametrize("trouble", ["refused", "500", "401", "404", "redirect", "garbage", "mismatch", "page", "big"])
def test_credentials_are_in_no_error(
    registry: Registry, pypi: Make, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    publish(registry, "1.0")
    server = registry.url if trouble != "refused" else "http://127.0.0.1:1"
    file = f"/files/{sdist('1.0')[0]}"
    if trouble in ("500", "401"):
        registry.fail_first(PAGE, *[lambda: Response("", int(trouble))] * 4)
    elif trouble == "404":
        del registry.pages[file]
    elif trouble == "redirect":
        registry.fail_first(PAGE, lambda: Response("", 302, headers={"Location": f"ftp://u:{SECRET}@host.example/"}))
    elif trouble == "garbage":
        registry.put(PAGE, "garbage", "text/html")
    elif trouble in ("mismatch", "page"):
        registry.put(file, "x", "text/html" if trouble == "page" else "text/plain")
    limits = Limits(archive_bytes=5) if trouble == "big" else Limits()
    source = pypi(limits=limits, PIP_INDEX_URL=server.replace("http://", f"http://user:{SECRET}@") + "/simple")
    with pytest.raises(SyncbotError) as caught:
        refreshed(source).tree(the(source, "1.0"), quiet)
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert SECRET not in caplog.text
