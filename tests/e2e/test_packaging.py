"""Packaging repositories as they are: recognised, judged, moved to the release, edited line by line."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from debian_apt import FILES, make_apt, make_repository
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .world import FIX_B, FIX_TEN, TEN, A, B, Ran, Upstream, diff, git, numbered
from .world import Workspace as Folder

CHANGELOG = """\
lib (1:1.0+dfsg1-3) unstable; urgency=medium

  * Add patches.

 -- A Person <person@example.org>  Tue, 02 Jan 2024 03:04:05 +0000

lib (1:0.9+dfsg1-1) unstable; urgency=low

  * First package.

 -- A Person <person@example.org>  Mon, 02 Jan 2023 03:04:05 +0000
"""
CONTROL = "Source: lib\nMaintainer: A Team <team@example.org>\n"


class Packaging(Folder):
    """A Debian packaging repository with a workspace in it."""

    def write(self, files: dict[str, str]) -> None:
        for name, content in files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)

    def read(self, name: str) -> str:
        return (self.path / name).read_text()


@pytest.fixture
def captured(capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[str, str]]:
    def capture() -> tuple[str, str]:
        got = capsys.readouterr()
        return got.out, got.err

    return capture


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path / "lib")
    made.release("v1.0", a_c=A, b_c=B)
    return made


@pytest.fixture
def packaging(tmp_path: Path, upstream: Upstream, captured: Callable[[], tuple[str, str]]) -> Packaging:
    made = Packaging(tmp_path / "packaging", captured)
    made.write(
        {
            "debian/changelog": CHANGELOG,
            "debian/control": CONTROL,
            "debian/patches/series": "# ours\nten.patch\nsub/b.patch -p1 # why\n",
            "debian/patches/ten.patch": FIX_TEN,
            "debian/patches/sub/b.patch": FIX_B,
            "syncbot.toml": f'layout = "debian"\n\n[packages.lib]\nupstream = "git:{upstream.path}"\n',
        }
    )
    made.commit("package lib")
    return made


def accepted(packaging: Folder) -> Ran:
    [open_] = packaging.syncbot("proposals", "list", "--json").document["proposals"]
    return packaging.syncbot("proposals", "accept", open_["id"])


def test_a_debian_package_moves_to_the_release_and_drops_what_upstream_has(
    packaging: Packaging, upstream: Upstream
) -> None:
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    synced = packaging.syncbot("sync")
    assert (synced.code, synced.err) == (0, "")
    assert accepted(packaging).code == 0
    top, _, below = packaging.read("debian/changelog").partition(" -- ")
    assert top == (
        "lib (1:1.1+dfsg1-1) UNRELEASED; urgency=medium\n\n"
        "  * New upstream release 1.1.\n"
        f"  * Drop ten.patch, applied upstream in {git(upstream.path, 'rev-parse', 'v1.1')[:12]}.\n\n"
    )
    assert below.partition("\n\n")[2] == CHANGELOG
    assert packaging.read("debian/patches/series") == "# ours\nsub/b.patch -p1 # why\n"
    assert not (packaging.path / "debian/patches/ten.patch").exists()
    assert git(packaging.path, "diff", "--name-only", "HEAD~2", "--").splitlines() == [
        "debian/changelog",
        "debian/patches/series",
        "debian/patches/ten.patch",
    ]
    packaging.syncbot("sync")
    before = packaging.snapshot()
    again = packaging.syncbot("sync", "--json").document
    assert [item["outcome"] for item in again["packages"]] == ["up-to-date"]
    assert packaging.snapshot() == before


def test_what_waits_for_a_person_leaves_the_series_as_it_is_and_the_proposal_a_draft(
    packaging: Packaging, upstream: Upstream
) -> None:
    upstream.release("v2.0", a_c=numbered("a", l10="TEN"), b_c=B)
    packaging.syncbot("sync")
    [open_] = packaging.syncbot("proposals", "list", "--json").document["proposals"]
    shown = packaging.syncbot("proposals", "show", open_["id"]).out
    assert open_["draft"]
    assert "mend the patches that wait, or delete them with what names them" in shown
    assert "[packages.lib.keep] in syncbot.toml" in shown.replace("`", "")
    assert "syncbot: waiting" not in shown


def test_a_question_without_a_mark_is_open_though_a_person_works_on_the_branch(
    packaging: Packaging, upstream: Upstream
) -> None:
    """Debian's series has no place for a mark: while nobody has touched the patch, nobody has answered."""
    line = "look twice at every packet"
    packaging.write({"debian/patches/ten.patch": diff("a.c", A, numbered("a", l10=f"a 10\n{line}"))})
    packaging.commit("look twice")
    upstream.release("v1.1", a_c=numbered("a", l15=f"a 15\n{line}"))
    packaging.syncbot("sync")
    [open_] = packaging.syncbot("proposals", "list", "--json").document["proposals"]
    clone = packaging.path.parent / "mine"
    forge = packaging.path / "state" / "proposals" / "forge.git"
    git(packaging.path.parent, "clone", "-q", "-b", open_["branch"], str(forge), str(clone))
    (clone / "debian/README.source").write_text("how it is built\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "say how it is built")
    git(clone, "push", "-q", "origin", "HEAD")
    packaging.syncbot("sync")
    assert "draft: it waits for a person: ten.patch waits" in accepted(packaging).err
    git(clone, "fetch", "-q")
    git(clone, "reset", "-q", "--hard", "@{upstream}")
    (clone / "debian/patches/series").write_text("sub/b.patch -p1\n")
    git(clone, "commit", "-q", "-am", "ten is upstream's, one line down")
    git(clone, "push", "-q", "origin", "HEAD")
    assert accepted(packaging).code == 0


def test_a_pin_stands_in_the_settings_and_holds(packaging: Packaging, upstream: Upstream) -> None:
    with (packaging.path / "syncbot.toml").open("a") as file:
        file.write('\n[packages.lib.keep]\n"ten.patch" = "ours"\n')
    packaging.commit("pin")
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    [item] = packaging.syncbot("check", "--json").document["packages"]
    assert [(p["name"], p["action"]) for p in item["patches"]] == [
        ("ten.patch", "ask"),  # upstream has it, and a person pinned it: never dropped by the bot
        ("sub/b.patch", "keep"),
    ]


def test_uncommitted_packaging_is_told_of_and_nothing_is_proposed(packaging: Packaging, upstream: Upstream) -> None:
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    (packaging.path / "debian/changelog").write_text(CHANGELOG.replace("Add", "Added"))
    synced = packaging.syncbot("sync", "--json").document
    assert "debian/changelog has uncommitted changes" in synced["problems"][0]["message"]


def test_a_dropped_patch_comes_back_pinned_in_the_settings(packaging: Packaging, upstream: Upstream) -> None:
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    packaging.syncbot("sync")
    accepted(packaging)
    back = packaging.syncbot("restore", "lib", "ten.patch", "--reason", "the release lost it")
    assert back.code == 0
    [open_] = packaging.syncbot("proposals", "list", "--json").document["proposals"]
    forge = packaging.path / "state" / "proposals" / "forge.git"
    series = git(forge, "show", f"{open_['branch']}:debian/patches/series")
    assert series.splitlines() == ["# ours", "sub/b.patch -p1 # why", "ten.patch"]
    settings = git(forge, "show", f"{open_['branch']}:syncbot.toml")
    assert settings.endswith('[packages.lib.keep]\n"ten.patch" = "the release lost it"')


def test_a_workspace_may_track_a_repository_that_lies_elsewhere(
    tmp_path: Path, packaging: Packaging, upstream: Upstream, captured: Callable[[], tuple[str, str]]
) -> None:
    git(packaging.path, "rm", "-q", "syncbot.toml")
    packaging.commit("no settings here")
    bot = Packaging(tmp_path / "bot", captured)
    bot.commit("a workspace")
    imported = bot.syncbot("import", str(packaging.path), "--json")
    assert (imported.code, imported.document["layout"]) == (0, "debian")
    assert imported.document["packages"][0]["doubts"] != []
    settings = bot.read("syncbot.toml").replace('# upstream = "git:URL"', f'upstream = "git:{upstream.path}"')
    bot.write({"syncbot.toml": settings})
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    assert bot.syncbot("sync").code == 0
    accepted(bot)
    assert packaging.read("debian/changelog").startswith("lib (1:1.1+dfsg1-1) UNRELEASED")
    assert git(packaging.path, "status", "--porcelain") == ""


def test_a_dry_import_writes_nothing_and_says_what_it_would(packaging: Packaging) -> None:
    git(packaging.path, "rm", "-q", "syncbot.toml")
    packaging.commit("no settings")
    before = packaging.snapshot()
    told = packaging.syncbot("import", str(packaging.path), "--dry-run", "--json").document
    assert (told["layout"], told["dry_run"], told["written"]) == ("debian", True, ["syncbot.toml"])
    assert told["packages"] == [
        {
            "package": "lib",
            "path": "debian",
            "upstream": None,
            "base": "1.0",
            "patches": 2,
            "owners": ["team@example.org"],
            "doubts": ["neither debian/watch nor debian/upstream/metadata says where upstream is"],
            "error": None,
        }
    ]
    assert packaging.snapshot() == before


def test_owners_are_those_of_codeowners_before_the_recipes_own(packaging: Packaging) -> None:
    git(packaging.path, "rm", "-q", "syncbot.toml")
    packaging.write({".github/CODEOWNERS": "* @everybody\n/debian/ @them/packagers somebody@example.org\n"})
    packaging.commit("no settings, and owners")
    told = packaging.syncbot("import", str(packaging.path), "--dry-run", "--json").document
    assert [package["owners"] for package in told["packages"]] == [["@them/packagers", "somebody@example.org"]]


def test_an_unknown_layout_is_refused_with_those_that_there_are(packaging: Packaging) -> None:
    packaging.write({"syncbot.toml": 'layout = "debain"\n'})
    ran = packaging.syncbot("check")
    assert ran.code == 2
    assert "syncbot.toml: there is no layout 'debain'; did you mean \"debian\"?" in ran.err


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt is not on this machine")
def test_a_debian_source_package_is_fetched_and_imported(
    tmp_path: Path, captured: Callable[[], tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in make_apt(tmp_path / "apt", make_repository(tmp_path / "repository")).items():
        monkeypatch.setitem(os.environ, name, value)
    bot = Packaging(tmp_path / "bot", captured)
    bot.commit("a workspace")
    told = bot.syncbot("import", "debian:demo", "--json")
    assert (told.code, told.document["layout"]) == (0, "debian")
    assert told.document["written"] == ["demo/debian", "syncbot.toml"]
    [package] = told.document["packages"]
    assert (package["package"], package["path"], package["base"], package["patches"]) == (
        "demo",
        "demo/debian",
        "1.0",
        1,
    )
    assert package["upstream"] == "git:https://github.com/them/demo.git"
    for path, content in FILES.items():
        assert (bot.path / "demo" / path).read_bytes() == content
    assert "demo/debian is there already" in bot.syncbot("import", "debian:demo").err


@pytest.mark.parametrize(
    ("command", "said", "alerts"),
    [
        ("grep -q twenty b.c", "grep -q twenty b.c: passed", 0),
        ("grep -q nothing a.c", "grep -q nothing a.c: failed with exit status 1", 1),
    ],
)
def test_commands_are_run_on_the_patched_release_once_and_the_proposal_says_how_it_went(
    command: str, said: str, alerts: int, packaging: Packaging, upstream: Upstream
) -> None:
    with (packaging.path / "syncbot.toml").open("a") as file:
        file.write(f'verify = ["{command}"]\nmode = "merge"\n')
    packaging.commit("verify")
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    dry = packaging.syncbot("sync", "--dry-run")
    assert dry.code == 0
    assert not (packaging.path / "state" / "verify").exists(), "a dry run starts nothing"
    synced = packaging.syncbot("sync", "--json").document
    [item] = synced["packages"]
    assert len(item["alerts"]) == alerts
    assert item["outcome"] == ("proposed" if alerts else "merged")
    shown = packaging.syncbot("proposals", "show", "1").out
    assert said in shown
    [log] = (packaging.path / "state" / "verify").glob("*.log")
    assert f"state/verify/{log.name}" in shown
    stamp = log.stat().st_mtime_ns
    packaging.syncbot("sync")
    assert log.stat().st_mtime_ns == stamp, "it is run once for each plan"


def test_without_bump_patches_follow_a_move_that_was_made_already(packaging: Packaging, upstream: Upstream) -> None:
    with (packaging.path / "syncbot.toml").open("a") as file:
        file.write("bump = false\n")
    packaging.commit("no bumps")
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    [item] = packaging.syncbot("sync", "--json").document["packages"]
    assert item["outcome"] == "up-to-date"
    moved = CHANGELOG.replace("1.0+dfsg1-3) unstable", "1.1+dfsg1-1) UNRELEASED").replace("Add patches", "New upstream")
    packaging.write({"debian/changelog": moved})
    packaging.commit("new upstream release, by a person")
    [item] = packaging.syncbot("sync", "--json").document["packages"]
    assert (item["outcome"], item["base"]["version"], item["target"]["version"]) == ("proposed", "1.0", "1.1")
    accepted(packaging)
    assert packaging.read("debian/patches/series") == "# ours\nsub/b.patch -p1 # why\n"
    top = packaging.read("debian/changelog").partition(" -- ")[0]
    assert top.startswith(
        "lib (1:1.1+dfsg1-1) UNRELEASED; urgency=medium\n\n  * New upstream.\n\n  [ syncbot ]\n  * Drop ten"
    )
    [item] = packaging.syncbot("sync", "--json").document["packages"]
    assert item["outcome"] == "up-to-date"


MELANGE = """\
package:
  name: lib
  version: "1.0"
  epoch: 3

pipeline:
  - uses: git-checkout
    with:
      repository: https://example.org/lib
      tag: v${{package.version}}
      expected-commit: COMMIT

  - uses: patch
    with:
      patches: ten.patch b.patch

update:
  enabled: true
"""


def test_a_melange_package_moves_in_one_commit_with_the_commit_of_the_tag(
    tmp_path: Path, upstream: Upstream, captured: Callable[[], tuple[str, str]]
) -> None:
    bot = Packaging(tmp_path / "os", captured)
    recipe = MELANGE.replace("COMMIT", git(upstream.path, "rev-parse", "v1.0"))
    bot.write({"lib.yaml": recipe, "lib/ten.patch": FIX_TEN, "lib/b.patch": FIX_B, "other.yaml": "name: x\n"})
    bot.commit("packages")
    assert bot.syncbot("import", str(bot.path)).code == 0
    with (bot.path / "syncbot.toml").open("a") as file:
        file.write(f'\n[packages.lib]\nupstream = "git:{upstream.path}"\n')
    bot.commit("import")
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    assert bot.syncbot("sync").code == 0
    accepted(bot)
    after = recipe.replace('"1.0"', '"1.1"').replace("epoch: 3", "epoch: 0").replace("ten.patch b.patch", "b.patch")
    after = after.replace(git(upstream.path, "rev-parse", "v1.0"), git(upstream.path, "rev-parse", "v1.1"))
    assert bot.read("lib.yaml") == after
    assert not (bot.path / "lib/ten.patch").exists()
    assert git(bot.path, "log", "--format=%s", "HEAD~1..HEAD") == "lib: 1.0 -> 1.1"


APKBUILD = """\
# Maintainer: A Person <person@example.org>
pkgname=lib
pkgver=1.0
pkgrel=2
source="https://example.org/dist/lib-$pkgver.tar.gz
	ten.patch
	b.patch
	"

sha512sums="
{old}  lib-1.0.tar.gz
{ten}  ten.patch
{b}  b.patch
"
"""


def test_what_a_recipe_pins_is_what_was_really_downloaded(
    tmp_path: Path, upstream: Upstream, captured: Callable[[], tuple[str, str]], httpserver: HTTPServer
) -> None:
    def sha512(content: bytes | str) -> str:
        return hashlib.sha512(content.encode() if isinstance(content, str) else content).hexdigest()

    bot = Packaging(tmp_path / "aports", captured)
    recipe = APKBUILD.format(old="0" * 128, ten=sha512(FIX_TEN), b=sha512(FIX_B))
    bot.write({"main/lib/APKBUILD": recipe, "main/lib/ten.patch": FIX_TEN, "main/lib/b.patch": FIX_B})
    mirror = httpserver.url_for("/dist/")
    settings = f'layout = "apkbuild"\n\n[rewrite]\n"https://example.org/dist/" = "{mirror}"\n'
    bot.write({"syncbot.toml": f'{settings}\n[packages.lib]\nupstream = "git:{upstream.path}"\n'})
    bot.commit("packages")
    there: dict[str, bytes] = {}

    def answer(request: Request) -> Response:
        found = there.get(request.path)
        return Response("not here", 404) if found is None else Response(found, content_type="application/gzip")

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    upstream.release("v1.1", a_c=numbered("a", **TEN))
    gone = bot.syncbot("sync", "--json").document
    assert "lib-1.1.tar.gz is not at" in gone["problems"][0]["message"], "nothing is pinned that was not there"
    there["/dist/lib-1.1.tar.gz"] = b"the release"
    assert bot.syncbot("sync").code == 0
    accepted(bot)
    after = recipe.replace("pkgver=1.0", "pkgver=1.1").replace("pkgrel=2", "pkgrel=0").replace("\tten.patch\n", "")
    after = after.replace(f"{sha512(FIX_TEN)}  ten.patch\n", "").replace("lib-1.0.tar", "lib-1.1.tar")
    assert bot.read("main/lib/APKBUILD") == after.replace("0" * 128, sha512(b"the release"))


def test_where_a_layout_has_no_place_for_a_mark_nothing_empty_is_proposed(
    packaging: Packaging, upstream: Upstream
) -> None:
    """The changelog stands at the release already, and a patch waits: there is nothing to commit."""
    upstream.release("v2.0", a_c=numbered("a", l10="TEN"), b_c=B)
    with (packaging.path / "syncbot.toml").open("a") as file:
        file.write("bump = false\n")
    packaging.write({"debian/changelog": CHANGELOG.replace("1:1.0+dfsg1-3", "1:2.0+dfsg1-1")})
    packaging.commit("a person moves it")
    for _ in range(2):
        ran = packaging.syncbot("sync")
        assert ran.code == 0
        assert "alert: lib: 1 patch waits for a person; nothing to commit" in ran.err
        assert packaging.syncbot("proposals", "list", "--all", "--json").document["proposals"] == []
    assert "nothing to commit" in (packaging.path / "state/proposals/issues/issue-1.md").read_text()
