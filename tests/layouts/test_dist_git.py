"""dist-git: RPM spec files, what is read, and edits as before/after tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes import COMMIT, PATCH, WHEN, again, complaint, move, names, only, repository, text

from syncbot.errors import InputError
from syncbot.layouts.dist_git import DistGitFormat, DistGitRecipe
from syncbot.layouts.dist_git.commands import meaning
from syncbot.layouts.dist_git.spec import format, parse
from syncbot.layouts.formats import open_format
from syncbot.layouts.recipe import Download, Listed, Move, Note, Place
from syncbot.model.ids import PatchName
from syncbot.model.releases import Upstream
from syncbot.model.trees import MemoryTree
from syncbot.model.verdicts import Action

FORMAT = DistGitFormat()
HEAD = "Name: demo\nVersion: 1.2.3\nRelease: 4%{?dist}\n"
ALL = "%prep\n%autosetup -p1\n"
PATCHES = ("a.patch", "b.patch", "c.patch")


def package(spec: str | bytes, *patches: str, **files: str | bytes) -> MemoryTree:
    """demo/demo.spec with patches (a, b and c by default) and other files beside it; `sources` and the like."""
    beside = {f"demo/{name}": PATCH for name in patches or PATCHES}
    return repository(
        {"demo/demo.spec": spec, **beside, **{f"demo/{name}": content for name, content in files.items()}}
    )


def read(spec: str | bytes, *patches: str, **files: str | bytes) -> DistGitRecipe:
    recipe = only(FORMAT, package(spec, *patches, **files))
    assert isinstance(recipe, DistGitRecipe)
    return recipe


def test_it_is_in_the_table() -> None:
    assert open_format("dist-git").name == "dist-git"


READ: dict[str, tuple[str, list[Listed]]] = {
    "autosetup": ("Patch: a.patch\nPatch: b.patch\n%prep\n%autosetup -p1\n", [("a", 1, ""), ("b", 1, "")]),
    "autosetup with git": ("Patch0: a.patch\n%prep\n%autosetup -S git_am -n x-%{version} -p2\n", [("a", 2, "")]),
    "autopatch later": ("Patch: a.patch\n%prep\n%autosetup -N\n%autopatch -p1\n", [("a", 1, "")]),
    "autopatch with bounds": (
        "Patch1: a.patch\nPatch5: b.patch\nPatch9: c.patch\n%prep\n%setup\n%autopatch -p1 -m 2 -M 5\n%autopatch 9\n",
        [("b", 1, ""), ("c", None, "")],
    ),
    "old numbers": (
        "Patch1: a.patch\nPatch2: b.patch\n%prep\n%patch2 -p1 -b .b\n%patch1 -p0\n",
        [("b", 1, ""), ("a", 0, "")],
    ),
    "new numbers": (
        "Patch1: a.patch\nPatch2: b.patch\n%prep\n%patch -P 1 -p1\n%patch 2\n",
        [("a", 1, ""), ("b", None, "")],
    ),
    "number glued": ("Patch1: a.patch\n%prep\n%patch -P1 -p1\n", [("a", 1, "")]),
    "no number is 0": ("Patch: a.patch\n%prep\n%patch -p1\n", [("a", 1, "")]),
    "git am": ("Patch1: a.patch\n%prep\n%setup\ngit am %{patches}\n", [("a", 1, "")]),
    "patch by hand": ("Patch1: a.patch\n%prep\n%setup\npatch -p2 < %{PATCH1}\n", [("a", 2, "")]),
    "patch by its new name": ("Patch1: a.patch\n%prep\n%setup\ngit apply %{P:1}\n", [("a", None, "")]),
    "patchlist": ("%patchlist\na.patch\n# why\nb.patch\n%prep\n%autosetup -p1\n", [("a", 1, ""), ("b", 1, "")]),
    "conditions": (
        "Patch1: a.patch\n%if 0%{?rhel}\nPatch2: b.patch\n%else\nPatch3: c.patch\n%endif\n" + ALL,
        [("a", 1, ""), ("b", 1, "%if 0%{?rhel}"), ("c", 1, "not (%if 0%{?rhel})")],
    ),
    "condition where it is applied": (
        "Patch1: a.patch\n%prep\n%setup\n%ifarch x86_64\n%patch 1 -p1\n%endif\n",
        [("a", 1, "%ifarch x86_64")],
    ),
    "by address": (
        "Patch1: https://example.org/d/a.patch\nPatch2: https://example.org/x#/b.patch\n" + ALL,
        [("a", 1, ""), ("b", 1, "")],
    ),
    "macros in names": (
        "%global what a\n%define long %{what}.patch\nPatch1: %{long}\nPatch2: %{?none:x}%{!?none:b}.patch\n" + ALL,
        [("a", 1, ""), ("b", 1, "")],
    ),
    "disabled lines": ("#Patch1: a.patch\nPatch2: b.patch\n%prep\n%setup\n#%%patch1\n%patch2\n", [("b", None, "")]),
    "text in other sections": ("Patch1: a.patch\n%description\nPatch2: b.patch\n%if\n%endif\n" + ALL, [("a", 1, "")]),
}


@pytest.mark.parametrize(("spec", "told"), READ.values(), ids=READ)
def test_patches_are_read(spec: str, told: list[tuple[str, int | None, str]]) -> None:
    recipe = read(HEAD + spec)
    expected = [Listed(PatchName(f"{n}.patch"), f"demo/{n}.patch", strip, condition) for n, strip, condition in told]
    assert list(recipe.patches) == expected


def test_a_name_may_state_the_version() -> None:
    recipe = read(HEAD + "Patch: %{name}-%{version}-fix.patch\n" + ALL, "demo-1.2.3-fix.patch")
    assert names(recipe) == ["demo-1.2.3-fix.patch"]


def test_sources_may_lie_in_a_folder_of_their_own() -> None:
    tree = repository({"x/SPECS/demo.spec": HEAD + "Patch1: a.patch\n" + ALL, "x/SOURCES/a.patch": PATCH})
    assert [patch.path for patch in only(FORMAT, tree).patches] == ["x/SOURCES/a.patch"]


# Each: the spec, which patch is dropped, what is left. A line that ends in "!" is gone afterwards; "a => b" becomes b.
DROPS = {
    "with %autosetup": "Patch1: a.patch!\nPatch2: b.patch\n%prep\n%autosetup -p1\n",
    "with its own %patch": "Patch1: a.patch!\nPatch2: b.patch\n%prep\n%patch1 -p1!\n%patch2 -p1\n",
    "among several of a line": ("Patch1: a.patch!\nPatch2: b.patch\n%prep\n%patch -P 1 -P 2 -p1 => %patch -P 2 -p1\n"),
    "the last of several of a line": (
        "Patch1: b.patch\nPatch2: a.patch!\n%prep\n%autopatch -p1 1 2 => %autopatch -p1 1\n"
    ),
    "applied by hand": "Patch1: a.patch!\n%prep\npatch -p1 < %{PATCH1}!\nmake\n",
    "with the comment that is its own": (
        "Source: x\n\n# Why it is needed,!\n# and since when!\nPatch1: a.patch!\n# Another\nPatch2: b.patch\n" + ALL
    ),
    "under a comment for several": "# Ours\nPatch1: a.patch!\nPatch2: b.patch\n" + ALL,
    "below a tag that was taken out": "#Patch0: c.patch\nPatch1: a.patch!\n\nPatch2: b.patch\n" + ALL,
    "between blank lines": "Patch0: c.patch\n\nPatch1: a.patch!\n!\nPatch2: b.patch\n" + ALL,
    "inside a condition": "%if 0%{?rhel}\nPatch1: a.patch!\nPatch2: b.patch\n%endif\n" + ALL,
    "alone in a condition": "Patch2: b.patch\n%if 0%{?rhel}!\nPatch1: a.patch!\n%endif!\n" + ALL,
    "alone in two conditions": "Source: x\n%if 1!\n%ifarch x!\nPatch1: a.patch!\n%endif!\n%endif!\n" + ALL,
    "alone before an %else": "%if 1\nPatch1: a.patch!\n%else\nPatch2: b.patch\n%endif\n" + ALL,
    "numbers that are counted stay": (
        "Patch: b.patch\nPatch: a.patch!\nPatch: c.patch => Patch2: c.patch\n%prep\n%patch 0\n%patch 1!\n%patch 2\n"
    ),
    "numbers that nobody names": "Patch: b.patch\nPatch: a.patch!\nPatch: c.patch\n" + ALL,
    "in %patchlist": "%patchlist\na.patch!\nb.patch\n%prep\n%autosetup -p1\n",
    "tabs and no newline at the end": "Patch1:\ta.patch!\nPatch2:\t\tb.patch \t\n%prep\n\t%autosetup -p1",
}


def before_and_after(marked: str) -> tuple[str, str]:
    before, after = [], []
    for line in marked.splitlines(keepends=True):
        body, end = line.rstrip("\n"), "\n" if line.endswith("\n") else ""
        old, _, new = body.removesuffix("!").partition(" => ")
        before.append(old + end)
        after += [] if body.endswith("!") else [(new or old) + end]
    return HEAD + "".join(before), HEAD + "".join(after)


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("marked", DROPS.values(), ids=DROPS)
def test_a_patch_is_dropped(marked: str, ending: str) -> None:
    before, after = (side.replace("\n", ending) for side in before_and_after(marked))
    tree = package(before)
    recipe = only(FORMAT, tree).without(PatchName("a.patch"))
    assert text(recipe, "demo/demo.spec") == after
    assert recipe.changes()["demo/a.patch"] is None
    assert names(again(FORMAT, tree, recipe, "demo/demo.spec")) == [
        n for n in names(only(FORMAT, tree)) if n != "a.patch"
    ]


def test_bytes_that_are_not_utf8_stay() -> None:
    recipe = read(HEAD.encode() + b"# caf\xe9\nSource: x\nPatch1: a.patch\nPatch2: b.patch\n%prep\n%autosetup\n")
    made = recipe.without(PatchName("a.patch")).changes()["demo/demo.spec"]
    assert made == HEAD.encode() + b"# caf\xe9\nSource: x\nPatch2: b.patch\n%prep\n%autosetup\n"


def test_a_file_that_another_spec_names_stays() -> None:
    spec = HEAD + "Patch1: a.patch\n" + ALL
    tree = repository({"d/demo.spec": spec, "d/rt.spec": spec, "d/a.patch": PATCH})
    recipe = FORMAT.read(tree, Place("demo", "d/demo.spec")).without(PatchName("a.patch"))
    assert list(recipe.changes()) == ["d/demo.spec"]


def test_what_pins_a_dropped_patch_goes() -> None:
    sources = f"SHA512 (x.tar.gz) = {'0' * 128}\nSHA512 (a.patch) = {'1' * 128}\n"
    recipe = read(HEAD + "Patch1: a.patch\n" + ALL, sources=sources).without(PatchName("a.patch"))
    assert text(recipe, "demo/sources") == f"SHA512 (x.tar.gz) = {'0' * 128}\n"


def test_a_rewritten_patch_has_its_checksum() -> None:
    recipe = read(HEAD + "Patch1: a.patch\n" + ALL, sources=f"{'0' * 32}  a.patch\n")
    made = recipe.rewritten(PatchName("a.patch"), b"new")
    assert dict(made.changes()) == {
        "demo/a.patch": b"new",
        "demo/sources": b"22af645d1859cb5ca6da0c484f1f37ea  a.patch\n",
    }


ADDITIONS = {
    "with %autosetup": (
        "Patch8:   a.patch\nPatch9:   b.patch\n" + ALL,
        "Patch8:   a.patch\nPatch9:   b.patch\nPatch10:  new.patch\n" + ALL,
    ),
    "without numbers": ("Patch: a.patch\n\n" + ALL, "Patch: a.patch\nPatch: new.patch\n\n" + ALL),
    "with zeros": ("Patch0001: a.patch\n" + ALL, "Patch0001: a.patch\nPatch0002: new.patch\n" + ALL),
    "as the others are applied": (
        "Patch1: a.patch\n%prep\n%patch1 -p0 -b .a\nmake\n",
        "Patch1: a.patch\nPatch2: new.patch\n%prep\n%patch1 -p0 -b .a\n%patch2 -p1\nmake\n",
    ),
    "below a condition": (
        "%if 1\nPatch1: a.patch\n%endif\n%prep\n%if 1\n%patch -P 1 -p1\n%endif\n",
        "%if 1\nPatch1: a.patch\n%endif\nPatch2: new.patch\n%prep\n%if 1\n%patch -P 1 -p1\n%endif\n%patch -P 2 -p1\n",
    ),
    "as the first": (
        "Source0:   x.tar\n%prep\n%setup -q\nmake\n",
        "Source0:   x.tar\nPatch0:    new.patch\n%prep\n%setup -q\n%patch -P 0 -p1\nmake\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ADDITIONS.values(), ids=ADDITIONS)
def test_a_patch_is_added(before: str, after: str) -> None:
    tree = package(HEAD + before)
    recipe = only(FORMAT, tree).adding(PatchName("new.patch"), PATCH)
    assert text(recipe, "demo/demo.spec") == HEAD + after
    assert names(again(FORMAT, tree, recipe, "demo/demo.spec"))[-1] == "new.patch"


MOVES = {
    "plain": ("Version: 1.2.3\nRelease: 4%{?dist}", "2.0", "Version: 2.0\nRelease: 1%{?dist}"),
    "autorelease": ("Version:  1.2.3\nRelease:  %autorelease", "2.0", "Version:  2.0\nRelease:  %autorelease"),
    "autorelease with options": (
        "Version: 1\nRelease: %{autorelease -b 3}",
        "2",
        "Version: 2\nRelease: %{autorelease -b 3}",
    ),
    "minor bumps": ("Version: 1.2.3\nRelease: 4.1%{?dist}.2", "2.0", "Version: 2.0\nRelease: 1%{?dist}"),
    "a release of one's own": ("Version: 1\nRelease: 4.acme%{?dist}", "2", "Version: 2\nRelease: 1.acme%{?dist}"),
    "to a pre-release": ("Version: 1.9\nRelease: 4%{?dist}", "2.0-rc.1", "Version: 2.0~rc1\nRelease: 1%{?dist}"),
    "from a pre-release": ("Version: 2.0~rc1\nRelease: 2%{?dist}", "2.0", "Version: 2.0\nRelease: 1%{?dist}"),
    "from an old pre-release": ("Version: 2.0\nRelease: 0.1.rc1%{?dist}", "2.0", "Version: 2.0\nRelease: 1%{?dist}"),
    "a macro": (
        "%global ver 1.2.3\nVersion: %{ver}\nRelease: 4",
        "2.0",
        "%global ver 2.0\nVersion: %{ver}\nRelease: 1",
    ),
    "macros of a counter": (
        "%global rel 7\nVersion: 1\nRelease: %{rel}%{?dist}",
        "2",
        "%global rel 1\nVersion: 2\nRelease: %{rel}%{?dist}",
    ),
    "parts": (
        "%define major 1\n%define minor 2\nVersion: %{major}.%{minor}\nRelease: 4",
        "3.14",
        "%define major 3\n%define minor 14\nVersion: %{major}.%{minor}\nRelease: 1",
    ),
    "a branch and a rest": (
        "%global branch 1.2\nVersion: %{branch}.3\nRelease: 4",
        "1.2.10",
        "%global branch 1.2\nVersion: %{branch}.10\nRelease: 1",
    ),
    "a part that the source needs": (
        "%global line 1.2\nVersion: 1.2.3\nRelease: 4\nSource0: https://example.org/%{line}/demo-%{version}.tar.gz",
        "2.5.0",
        "%global line 2.5\nVersion: 2.5.0\nRelease: 1\nSource0: https://example.org/%{line}/demo-%{version}.tar.gz",
    ),
    "only patches changed": ("Version: 1.2.3\nRelease: 4%{?dist}", None, "Version: 1.2.3\nRelease: 5%{?dist}"),
    "only patches, before a release": ("Version: 2\nRelease: 0.4.rc1", None, "Version: 2\nRelease: 0.5.rc1"),
}


@pytest.mark.parametrize(("before", "version", "after"), MOVES.values(), ids=MOVES)
def test_a_spec_moves(before: str, version: str | None, after: str) -> None:
    tree = package(f"Name: demo\n{before}\n")
    recipe = only(FORMAT, tree).moved(move(version))
    made = dict(recipe.changes()).get("demo/demo.spec", f"Name: demo\n{before}\n".encode())
    assert made == f"Name: demo\n{after}\n".encode()


VERSIONS = {
    "plain": ("1.2.3", "1"),
    "2.0~rc1": ("2.0~rc1", "1"),
    "old pre-release": ("2.0", "0.1.rc1%{?dist}"),
}


def test_a_pre_release_in_the_release_counts() -> None:
    assert [
        read(f"Name: demo\nVersion: {version}\nRelease: {release}\n").version for version, release in VERSIONS.values()
    ] == ["1.2.3", "2.0~rc1", "2.0~rc1"]


def test_a_patch_keeps_the_version_in_its_name() -> None:
    spec = HEAD + "Patch1: %{name}-%{version}-x.patch\n" + ALL
    recipe = read(spec, "demo-1.2.3-x.patch").moved(move("2.0"))
    assert "Patch1: %{name}-1.2.3-x.patch\n" in text(recipe, "demo/demo.spec")
    assert names(recipe) == ["demo-1.2.3-x.patch"]


CHANGELOGS = {
    "Fedora's": (
        "%changelog\n* Mon Jan 01 2024 B <b@example.org> - 1.2.3-4\n- old\n",
        "%changelog\n* Wed Jan 03 2024 A Person <person@example.org> - 2.0-1\n- New upstream release 2.0\n"
        "- Drop a.patch: applied upstream in abc123\n\n* Mon Jan 01 2024 B <b@example.org> - 1.2.3-4\n- old\n",
    ),
    "packed, with another sign": (
        "%changelog\n* Mon Jan 01 2024 B <b@example.org> 1.2.3-4\n- old\n"
        "* Sun Dec 31 2023 B <b@example.org> 1-1\n- first\n",
        "%changelog\n* Wed Jan 03 2024 A Person <person@example.org> 2.0-1\n- New upstream release 2.0\n"
        "- Drop a.patch: applied upstream in abc123\n"
        "* Mon Jan 01 2024 B <b@example.org> 1.2.3-4\n- old\n* Sun Dec 31 2023 B <b@example.org> 1-1\n- first\n",
    ),
    "automatic": ("%changelog\n%autochangelog\n", "%changelog\n%autochangelog\n"),
    "elsewhere": ("%changelog\n", "%changelog\n"),
}


@pytest.mark.parametrize(("before", "after"), CHANGELOGS.values(), ids=CHANGELOGS)
def test_a_changelog_says_what_was_done(before: str, after: str) -> None:
    recipe = read(HEAD + before).moved(move("2.0", "a.patch"))
    assert text(recipe, "demo/demo.spec").partition("Release: 1%{?dist}\n")[2] == after


def test_an_entry_has_the_epoch_and_no_macro() -> None:
    head = "Name: demo\nEpoch: 2\nVersion: 1\nRelease: 1%{?dist}\n"
    spec = head + "%changelog\n* Mon Jan 01 2024 B <b@x.org> - 2:1-1\n- old\n"
    notes = (
        Note(PatchName("a.patch"), Action.DROP, "it is 100%{fixed}\nnow."),
        Note(PatchName("b.patch"), Action.REWRITE, ""),
    )
    made = text(read(spec).moved(Move(None, None, "100% <p@x.org>", WHEN, notes)), "demo/demo.spec")
    assert made.splitlines()[5:8] == [
        "* Wed Jan 03 2024 100%% <p@x.org> - 2:1-2",
        "- Drop a.patch: it is 100%%{fixed} now",
        "- Refresh b.patch",
    ]


URL = "https://example.org/%{name}-%{version}.tar.gz"
WANTED = Download("https://example.org/demo-2.0.tar.gz", "sha512")
PINS = {
    "sources": ({"sources": "SHA512 (demo-1.2.3.tar.gz) = " + "0" * 128 + "\n"}, "sources", "sha512"),
    "old sources": ({"sources": "0" * 32 + "  demo-1.2.3.tar.gz\n"}, "sources", "md5"),
    "signatures": (
        {"demo.signatures.json": '{"S": {\n  "demo-1.2.3.tar.gz": "' + "0" * 64 + '"\n}}\n'},
        "demo.signatures.json",
        "sha256",
    ),
}


@pytest.mark.parametrize(("files", "place", "algorithm"), PINS.values(), ids=PINS)
def test_a_pinned_source_is_fetched_and_checked(files: dict[str, str], place: str, algorithm: str) -> None:
    moved = read(HEAD + f"Source0: {URL}\n", **files).moved(move("2.0"))
    [wanted] = moved.downloads()
    assert wanted == Download("https://example.org/demo-2.0.tar.gz", algorithm)
    before = files[place]
    length = before.count("0") - before.partition("0" * 20)[0].count("0") - before.rpartition("0" * 20)[2].count("0")
    checked = moved.checked({wanted: "f" * length})
    assert checked.downloads() == ()
    assert text(checked, f"demo/{place}") == before.replace("demo-1.2.3", "demo-2.0").replace(
        "0" * length, "f" * length
    )


def test_a_checksum_in_the_spec_is_one_too() -> None:
    spec = HEAD + f"Source0: {URL}\n%define sha512 %{{name}}={'0' * 128}\n"
    moved = read(spec).moved(move("2.0"))
    assert moved.downloads() == (WANTED,)
    assert f"%define sha512 %{{name}}={'f' * 128}\n" in text(moved.checked({WANTED: "f" * 128}), "demo/demo.spec")


def test_what_does_not_change_is_not_fetched() -> None:
    sources = f"SHA512 (other-5.tar.gz) = {'0' * 128}\n"
    assert (
        read(HEAD + "Source1: https://example.org/other-5.tar.gz\n", sources=sources).moved(move("2.0")).downloads()
        == ()
    )


ORIGINS = {
    "a forge": ("Source0: https://github.com/acme/demo/archive/v%{version}.tar.gz", "git:https://github.com/acme/demo"),
    "by a macro": (
        "%global forgeurl https://gitlab.com/a/b/demo\nSource0: %{forgesource}",
        "git:https://gitlab.com/a/b/demo.git",
    ),
    "by the homepage": ("URL: https://codeberg.org/acme/demo\nSource0: x.tar", "git:https://codeberg.org/acme/demo"),
    "an index": ("%global pypi_name Demo\nSource0: %{pypi_source}", "pypi:Demo"),
    "an index by name": ("Source0: %{pypi_source demo}\nURL: https://github.com/acme/demo", "pypi:demo"),
    "a page of archives": (
        "Source0: https://example.org/1.2/demo-%{version}.tar.xz",
        "tarball:https://example.org/@LINE@/demo-@VERSION@.tar.xz",
    ),
    "nothing": ("URL: https://example.org/", "None"),
}


@pytest.mark.parametrize(("tags", "upstream"), ORIGINS.values(), ids=ORIGINS)
def test_upstream_is_known(tags: str, upstream: str) -> None:
    assert str(read(f"{HEAD}{tags}\n").known.upstream) == upstream


def test_an_index_has_the_repository_as_history() -> None:
    known = read(HEAD + "Source0: %{pypi_source demo}\nURL: https://github.com/acme/demo\n").known
    assert known.history == Upstream("git", "https://github.com/acme/demo")


def test_a_packager_owns_it() -> None:
    assert read(HEAD + "Packager: A Person <person@example.org>\n").known.owners == ("person@example.org",)


def test_what_is_not_judged_is_told() -> None:
    spec = HEAD + "Patch1: a.patch\nPatch2: https://example.org/far.patch\nPatch3: b.patch\n%prep\n%patch1\n%patch2\n"
    recipe = read(spec)
    assert names(recipe) == ["a.patch"]
    assert "demo/demo.spec:6: b.patch is declared, and nothing applies it" in recipe.known.doubts
    assert "demo/demo.spec:5: far.patch is fetched, and is no file here" in recipe.known.doubts


REFUSED = {
    "a missing file": ("Patch1: gone.patch\n", "demo/demo.spec:4: the file gone.patch is missing; add the file"),
    "shell in a name": (
        "Patch1: %(echo a).patch\n",
        "demo/demo.spec:4: the patch's name '%(echo a).patch' rests on a macro that runs",
    ),
    "an unknown macro": (
        "Patch1: %{what}.patch\n",
        "rests on the macro what, which the spec does not define; write the name out",
    ),
    "Lua": ("%{lua:\nprint('Patch1: a.patch')\n}\n", "demo/demo.spec:5: a Patch tag inside a macro is not read"),
    "a tag in a macro": ("%{?with_x:Patch1: a.patch}\n", "demo/demo.spec:4: a Patch tag inside a macro is not read"),
    "circles": ("%define a %{b}\n%define b %{a}\nPatch1: %{a}\n", "macros that go in circles"),
    "a value by condition": (
        "%if 1\n%global w a\n%else\n%global w b\n%endif\nPatch1: %{w}.patch\n",
        "the macro w, which has several values under conditions",
    ),
    "no %endif": ("%if 1\nPatch1: a.patch\n", "demo/demo.spec:4: a condition has no %endif; add it"),
    "no %if": ("%endif\n", "demo/demo.spec:4: %endif without %if; balance the conditions"),
    "a merge": (
        "<<<<<<< ours\nPatch1: a.patch\n=======\n>>>>>>> theirs\n",
        "demo/demo.spec:4: the mark of an unfinished merge",
    ),
    "twice": ("Patch1: a.patch\nPatch2: a.patch\n", "demo/demo.spec:5: a.patch is listed twice, first on line 4"),
    "in reverse": ("Patch1: a.patch\n%prep\n%patch1 -p1 -R\n", "demo/demo.spec:6: a patch is applied in reverse (-R)"),
    "a number by macro": ("Patch1: a.patch\n%prep\n%patch -P %{n}\n", "demo/demo.spec:6: a patch's number is a macro"),
    "a number that is not there": ("Patch1: a.patch\n%prep\n%patch 7\n", "demo/demo.spec:6: there is no Patch7"),
    "a number by condition": (
        "%if 1\nPatch: a.patch\n%endif\nPatch: b.patch\n%prep\n%patch 0\n",
        "demo/demo.spec:7: the number of b.patch depends on a condition; write Patch1:",
    ),
    "outside": ("Patch1: ../a.patch\n", "HostileInput: demo/demo.spec:4: '../a.patch' leaves the package's folder"),
    "from the root": (
        "Patch1: /etc/a.patch\n",
        "HostileInput: demo/demo.spec:4: '/etc/a.patch' leaves the package's folder",
    ),
    "a name for a shell": ("Patch1: a;b.patch\n", "HostileInput: demo/demo.spec:4: 'a;b.patch' is no name for a patch"),
}


@pytest.mark.parametrize(("spec", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(spec: str, told: str) -> None:
    assert told in complaint(FORMAT, package(HEAD + spec))


def test_a_symlink_is_not_followed() -> None:
    tree = repository({"d/demo.spec": HEAD + "Patch1: a.patch\n"}, {"d/a.patch": "/etc/passwd"})
    assert complaint(FORMAT, tree) == (
        "HostileInput: d/demo.spec:4: d/a.patch is a symlink, which is not followed; put the file itself there"
    )


def test_another_kind_of_spec_is_none_of_ours() -> None:
    assert "no Name: tag" in complaint(FORMAT, repository({"tool.spec": "a = Analysis(['x.py'])\n"}))


EDITS_REFUSED = {
    "in a longer command": (
        "Patch1: a.patch\n%prep\ncat %{PATCH1} | patch -p1\n",
        "demo/demo.spec:6: a.patch (Patch1) is named in a line",
    ),
    "a loop": (
        "Patch1: a.patch\n%prep\nfor p in %{PATCH1}; do :; done\n",
        "demo/demo.spec:6: a.patch (Patch1) is named in a line",
    ),
    "two files of one number": (
        "%if 1\nPatch1: a.patch\n%else\nPatch1: b.patch\n%endif\n%prep\n%patch1\n",
        "demo/demo.spec:7: Patch1 stands for a.patch and b.patch",
    ),
}


@pytest.mark.parametrize(("spec", "told"), EDITS_REFUSED.values(), ids=EDITS_REFUSED)
def test_a_drop_that_needs_a_person_is_refused(spec: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(HEAD + spec).without(PatchName("a.patch"))
    assert told in str(caught.value)


MOVES_REFUSED = {
    "shell": ("Version: %(date +%%Y)\nRelease: 1", "2.0", "the version rests on a macro that runs a command"),
    "two versions": (
        "%if 1\nVersion: 1\n%else\nVersion: 2\n%endif\nRelease: 1",
        "3",
        "the spec states no single version",
    ),
    "no counter": ("Version: 1\nRelease: @REL@", "2", "the release @REL@ has no plain counter; write it as 1%{?dist}"),
    "parts that do not fit": (
        "%define x 1\n%define y 2\nVersion: %{x}.%{y}\nRelease: 1",
        "1.2.3",
        "the version %{x}.%{y} cannot say 1.2.3",
    ),
    "a source of its own": (
        "Version: 1.2.3\nRelease: 1\nSource0: https://example.org/demo-1.2.3.tar.gz",
        "2.0",
        "demo/demo.spec:4: the source https://example.org/demo-1.2.3.tar.gz states the version 1.2.3 by itself",
    ),
    "no version": ("Version: 1\nRelease: 1", "not a version", "is no version that a recipe can state"),
}


@pytest.mark.parametrize(("tags", "version", "told"), MOVES_REFUSED.values(), ids=MOVES_REFUSED)
def test_a_move_that_needs_a_person_is_refused(tags: str, version: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"Name: demo\n{tags}\n").moved(Move(version, COMMIT, "p", WHEN))
    assert told in str(caught.value)


def test_a_pinned_source_without_address_is_refused() -> None:
    sources = f"SHA512 (demo-1.2.3.tar.gz) = {'0' * 128}\n"
    with pytest.raises(InputError, match="its Source line is no address to fetch it from"):
        read(HEAD + "Source0: %{name}-%{version}.tar.gz\n", sources=sources).moved(move("2.0"))
    with pytest.raises(InputError, match=r"demo/sources:1: which Source line demo-1\.2\.3\.tar\.gz belongs to"):
        read(HEAD + "Source0: %(echo x)\n", sources=sources).moved(move("2.0"))


def test_specs_of_one_name_get_different_names() -> None:
    tree = repository({f"{folder}/x/x.spec": HEAD for folder in ("a", "b")} | {"y.spec": HEAD})
    assert [place.name for place in FORMAT.find(tree, "")] == ["a-x", "b-x", "y"]
    assert [place.path for place in FORMAT.find(tree, "b")] == ["b/x/x.spec"]


MEANINGS = {
    "c=0123456789abcdef; echo ${c:0:7}": "0123456",
    "echo 1.2.3 | cut -d. -f1-2": "1.2",
    "echo 1.2.3 | cut -d '.' -f -2": "1.2",
    "echo 1.2.3 | cut -d. -f2": "2",
    "echo 1.2.3 | cut -d. -f2-": "2.3",
    "echo 20240102 | cut -c1-4": "2024",
    "echo 2.0~rc1 | tr '~' '-'": "2.0-rc1",
    "echo 1.2.3; id": None,
    "echo $(id) | cut -c1": None,
    "c=abc; echo ${d:0:1}": None,
    "date +%s": None,
}


@pytest.mark.parametrize(("command", "printed"), MEANINGS.items(), ids=list(MEANINGS))
def test_the_commands_that_everybody_writes_are_known_by_their_meaning(command: str, printed: str | None) -> None:
    assert meaning(command) == printed


def test_a_snapshot_moves_with_its_commit() -> None:
    spec = (
        f"%global commit {'a' * 40}\n%global short %(c=%{{commit}}; echo ${{c:0:7}})\n"
        + HEAD
        + "Source0: https://example.org/%{commit}/%{name}-%{short}.tar.gz\n"
    )
    sources = f"SHA512 (demo-aaaaaaa.tar.gz) = {'0' * 128}\n"
    moved = read(spec, sources=sources).moved(move("2.0"))
    assert text(moved, "demo/demo.spec").startswith(f"%global commit {COMMIT}\n")
    assert moved.downloads() == (Download(f"https://example.org/{COMMIT}/demo-{COMMIT[:7]}.tar.gz", "sha512"),)
    with pytest.raises(InputError, match=r"demo/demo\.spec:1: the macro commit pins a commit, and that of the release"):
        read(spec, sources=sources).moved(Move("2.0", None, "p", WHEN))


@pytest.mark.parametrize("last", ["", "x"], ids=["of nothing", "of much"])
def test_macros_made_of_macros_do_not_take_for_ever(last: str) -> None:
    laughs = f"%define m0 {last}%{{nil}}\n" + "".join(f"%define m{n} {f'%m{n - 1} ' * 10}\n" for n in range(1, 12))
    assert "rests on macros that g" in complaint(FORMAT, package(HEAD + laughs + "Patch1: %{m11}.patch\n"))


PIECES = (
    "%if 1", "%else", "%endif", "%ifarch x", "Patch1: a.patch", "Patch: b", "%global x y \\", "more", "%{lua:", "}",
    "%prep", "%patch1 -p1", "%changelog", "* x", "Name: n", "", "\t", "# c", "%define a() b", "Version: %{x}",
    "\xe9", "%%",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PIECES) | st.text(max_size=8), st.sampled_from(["\n", "\r\n", ""]))))
def test_whatever_parses_is_given_back(pieces: list[tuple[str, str]]) -> None:
    content = "".join(piece + end for piece, end in pieces)
    try:
        spec = parse(content, "x.spec")
    except InputError:
        return
    assert format(spec) == content


@st.composite
def specs(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A spec whose patches are declared and applied in many manners; and their names."""
    count = draw(st.integers(1, 6))
    numbers = draw(st.lists(st.integers(0, 99), min_size=count, max_size=count, unique=True).map(sorted))
    found = [f"p{n}.patch" for n in numbers]
    tags, commands = [], []
    automatic = draw(st.booleans())
    for number, name in zip(numbers, found, strict=True):
        condition = draw(st.sampled_from(["", "%if 0%{?x}", "%ifarch y"]))
        remark = draw(st.sampled_from([[], ["# why"], ["", "# why", "# and how"]]))
        tags += [
            *([condition] if condition else []),
            *remark,
            f"Patch{number}: {name}",
            *(["%endif"] if condition else []),
        ]
        form = draw(
            st.sampled_from(
                ["%patch{}", "%patch{} -p1", "%patch -P {} -p1", "%patch {} -p1 -b .x", "patch < %{{PATCH{}}}"]
            )
        )
        commands += [*([condition] if condition else []), form.format(number), *(["%endif"] if condition else [])]
    lines = [*HEAD.splitlines(), *tags, "%prep", *(["%autosetup -p1"] if automatic else commands), "make"]
    return "\n".join(lines) + draw(st.sampled_from(["", "\n"])), found


@given(specs())
def test_each_patch_in_turn_goes_and_nothing_else(made: tuple[str, list[str]]) -> None:
    spec, found = made
    tree = package(spec, *found)
    recipe = only(FORMAT, tree)
    assert sorted(names(recipe)) == sorted(found)
    for name in found:
        after = recipe.without(PatchName(name))
        left = again(FORMAT, tree, after, "demo/demo.spec")
        assert names(left) == [n for n in names(recipe) if n != name]
        lines = iter(spec.splitlines())
        assert all(line in lines for line in text(after, "demo/demo.spec").splitlines()), "only lines went"
        assert after.changes()[f"demo/{name}"] is None
