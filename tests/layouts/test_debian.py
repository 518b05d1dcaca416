"""Debian source packages: what is read, and edits as before/after tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import InputError
from syncbot.layouts.debian.versions import DebianVersion, compare
from syncbot.layouts.debian.watch import read_watch
from syncbot.model.ids import PatchName
from syncbot.model.packages import Component, Package, SeriesPatch
from syncbot.model.releases import Upstream
from syncbot.model.trees import SYMLINK, MemoryTree
from syncbot.model.verdicts import Action
from syncbot.plan.model import Note

from .packaging import WHO, after, complaints, drop, edit, layout, only, text, to, tree

DEBIAN = layout("debian")
PATCH = b"Description: ten\nForwarded: no\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
CHANGELOG = """\
demo (2:1.0+dfsg1-3) unstable; urgency=medium

  * Something.

 -- A Person <person@example.org>  Mon, 01 Jan 2024 00:00:00 +0000

demo (2:0.9-1) unstable; urgency=low

  * First; an odd  line stays\t as it is.

 -- A Person <person@example.org>  Sun, 01 Jan 2023 00:00:00 +0000
"""
WATCH = "version=4\nhttps://github.com/them/demo/tags .*/v?(\\d\\S+)\\.tar\\.gz\n"
STAMP = f" -- {WHO}  Tue, 02 Jan 2024 03:04:05 +0000\n\n"


def source(
    series: str = "a.patch\nsub/b.patch -p1\n", changelog: str = CHANGELOG, at: str = "", **more: str
) -> MemoryTree:
    files: dict[str, str | bytes] = {
        "debian/changelog": changelog,
        "debian/watch": WATCH,
        "debian/control": "Source: demo\nMaintainer: The Team <team@example.org>\nUploaders: Me <me@example.org>,\n",
        "debian/patches/series": series,
        "debian/patches/a.patch": PATCH,
        "debian/patches/sub/b.patch": PATCH,
        **{f"debian/{name.replace('_', '/')}": content for name, content in more.items()},
    }
    return tree({f"{at}{path}": content for path, content in files.items()})


def test_a_source_package_is_read_with_all_that_it_says() -> None:
    package = only(DEBIAN, source("# first\na.patch -p0 # why\n\nsub/b.patch\n"))
    assert package == Package(
        name=package.name,
        path="debian",
        upstream=Upstream("git", "https://github.com/them/demo.git"),
        base="1.0",
        series=(
            SeriesPatch(PatchName("a.patch"), PATCH, 0, path="debian/patches/a.patch"),
            SeriesPatch(PatchName("sub/b.patch"), PATCH, path="debian/patches/sub/b.patch"),
        ),
        owners=("team@example.org", "me@example.org"),
        files=("debian/",),
        declared="syncbot.toml",
        table="packages.demo",
    )
    assert package.name == "demo"


def test_many_source_packages_lie_side_by_side_and_the_bad_one_is_told_of() -> None:
    one, other = source(at="one/"), source(changelog=CHANGELOG.replace("demo", "other"), at="two/")
    broken = source(changelog="<<<<<<< HEAD\n", at="three/")
    files = {path: (0o100644, made.read(path) or b"") for made in (one, other, broken) for path in made.paths()}
    read = DEBIAN.read(MemoryTree(files), "", only(DEBIAN, one).policy)
    assert [(p.name, p.path) for p in read.packages] == [("demo", "one/debian"), ("other", "two/debian")]
    [problem] = read.problems
    assert problem.package == "three"
    assert "three/debian/changelog:1: the changelog does not begin with" in str(problem.error)


def test_the_same_source_in_several_folders_is_named_by_its_folder() -> None:
    files = {
        p: (0o100644, made.read(p) or b"")
        for at in ("sid/", "stable/")
        for made in (source(at=at),)
        for p in made.paths()
    }
    read = DEBIAN.read(MemoryTree(files), "", only(DEBIAN, source()).policy)
    assert [p.name for p in read.packages] == ["sid", "stable"]


def test_debian_folders_below_a_package_are_no_packages() -> None:
    inner = {"contrib/debian/changelog": (0o100644, CHANGELOG.encode())}
    made = source()
    assert only(DEBIAN, MemoryTree({p: (0o100644, made.read(p) or b"") for p in made.paths()} | inner)).path == "debian"


@pytest.mark.parametrize(
    ("old", "release", "new"),
    [
        ("1.0-3", "1.1", "1.1-1"),
        ("2:1.0+dfsg1-3", "1.1", "2:1.1+dfsg1-1"),
        ("1.0+dfsg-3", "1.1", "1.1+dfsg-1"),
        ("1.0~ds2-3", "1.1", "1.1~ds1-1"),
        ("1.0-3", "1.1rc1", "1.1~rc1-1"),
        ("1.0~rc1-1", "1.0", "1.0-1"),
        ("2.12.7+dfsg+really2.9.14-2.1", "2.9.15", "2.12.7+dfsg+really2.9.15-1"),
        ("2.12.7+dfsg+really2.9.14-2.1", "2.13.0", "2.13.0+dfsg-1"),
        ("1.0-1+deb12u3", "1.0.1", "1.0.1-0+deb12u1"),
        ("1.0-1~deb12u3", "1.0.1", "1.0.1-1~deb12u1"),
        ("1.0-1~bpo12+3", "1.1", "1.1-1~bpo12+1"),
        ("1.0-2ubuntu4", "1.1", "1.1-0ubuntu1"),
        ("1.0", "1.1", "1.1"),
        ("6.1.13+~cs7.0.5-1", "6.2", "6.2-1"),
    ],
)
def test_the_version_of_a_new_upstream_release(old: str, release: str, new: str) -> None:
    assert str(DebianVersion.parse(old).moved(release)) == new


@pytest.mark.parametrize(
    ("old", "release", "archive", "new"),
    [
        ("1.0-3", "1.1", "demo_1.1+dfsg1.orig.tar.xz", "1.1+dfsg1-1"),
        ("1.0+dfsg1-3", "1.1", "demo_1.1+dfsg2.orig.tar.xz", "1.1+dfsg2-1"),
        ("2:1.0+dfsg-3", "1.1", "demo_1.1.orig.tar.xz", "2:1.1-1"),
        ("1.0-3", "1.1rc1", "demo_1.1~rc1+ds.orig.tar.gz", "1.1~rc1+ds-1"),
        ("1.0+dfsg-3", "1.1", "demo-1.1.tar.gz", "1.1+dfsg-1"),
        ("1.0+dfsg-3", "1.1", "demo_1.2+ds.orig.tar.gz", "1.1+dfsg-1"),
        ("2.0+really1.0-1", "1.1", "demo_2.0+really1.1.orig.tar.gz", "2.0+really1.1-1"),
    ],
)
def test_an_orig_tarball_says_itself_whether_it_was_repacked(old: str, release: str, archive: str, new: str) -> None:
    assert str(DebianVersion.parse(old).moved(release, archive)) == new


@pytest.mark.parametrize(
    ("shown", "release"),
    [
        ("1:1.22.1-9+deb12u9", "1.22.1"),
        ("2.3.19.1+dfsg1-2.1", "2.3.19.1"),
        ("2.12.7+dfsg+really2.9.14-2.1", "2.9.14"),
        ("6.1.13+~cs7.0.5-1", "6.1.13"),
        ("1.0~rc2-1", "1.0rc2"),
        ("10.0p1-7", "10.0p1"),
        ("1.6.20~ds1-1", "1.6.20"),
        ("1.0", "1.0"),
    ],
)
def test_upstreams_version_in_debians(shown: str, release: str) -> None:
    assert DebianVersion.parse(shown).release == release


@pytest.mark.parametrize(("one", "other"), [("1.0~rc1", "1.0"), ("1.0", "1.0+dfsg"), ("1.9", "1.10"), ("1.0a", "1.0+")])
def test_versions_are_ordered_as_dpkg_has_it(one: str, other: str) -> None:
    assert (compare(one, other), compare(other, one), compare(one, one)) == (-1, 1, 0)


def test_a_move_writes_one_entry_in_debians_own_form_and_leaves_the_rest() -> None:
    files = source()
    notes = (drop("a.patch", "c" * 40), Note(PatchName("sub/b.patch"), Action.REWRITE, "x"))
    changes = DEBIAN.edit(files, only(DEBIAN, files), (edit(Action.DROP, "a.patch"),), to("1.1", *notes))
    assert text(after(files, changes), "debian/changelog") == (
        "demo (2:1.1+dfsg1-1) UNRELEASED; urgency=medium\n\n"
        "  * New upstream release 1.1.\n"
        "  * Drop a.patch, applied upstream in cccccccccccc.\n"
        "  * Refresh sub/b.patch.\n\n" + STAMP + CHANGELOG
    )
    assert {path: content for path, content in changes.items() if path != "debian/changelog"} == {
        "debian/patches/a.patch": None,
        "debian/patches/series": b"sub/b.patch -p1\n",
    }


def test_an_entry_that_is_not_released_yet_takes_the_move_in() -> None:
    files = source(changelog=CHANGELOG.replace(") unstable; urgency=medium", ") UNRELEASED; urgency=high"))
    changes = DEBIAN.edit(files, only(DEBIAN, files), (), to("1.1"))
    assert (text(after(files, changes), "debian/changelog") or "").startswith(
        "demo (2:1.1+dfsg1-1) UNRELEASED; urgency=high\n\n"
        "  * Something.\n\n"
        "  [ A Bot ]\n"
        "  * New upstream release 1.1.\n\n"
        " -- A Person <person@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n\n"
    )


def test_what_is_dropped_on_a_word_alone_is_not_said_to_be_upstream() -> None:
    files = source()
    note = Note(PatchName("a.patch"), Action.DROP, "told", upstream=False)
    changes = DEBIAN.edit(files, only(DEBIAN, files), (edit(Action.DROP, "a.patch"),), to(None, note))
    said = text(after(files, changes), "debian/changelog") or ""
    assert said.startswith("demo (2:1.0+dfsg1-4) UNRELEASED; urgency=medium\n\n  * Drop a.patch.\n\n")


@pytest.mark.parametrize(
    ("before", "name", "left"),
    [
        ("a.patch\nsub/b.patch -p1\n", "a.patch", b"sub/b.patch -p1\n"),
        ("# head\na.patch   # why\n\n# b\nsub/b.patch", "sub/b.patch", b"# head\na.patch   # why\n\n# b\n"),
        ("a.patch\r\nsub/b.patch\r\n", "a.patch", b"sub/b.patch\r\n"),
        ("a.patch\n", "a.patch", None),
    ],
)
def test_a_drop_takes_the_file_and_its_line_alone(before: str, name: str, left: bytes | None) -> None:
    files = source(before)
    changes = DEBIAN.edit(files, only(DEBIAN, files), (edit(Action.DROP, name),), to(None))
    assert changes == {f"debian/patches/{name}": None, "debian/patches/series": left}


def test_a_derivatives_own_list_follows() -> None:
    files = tree(
        {
            **{path: (source().read(path) or b"") for path in source().paths()},
            "debian/patches/ubuntu.series": "# theirs\nsub/b.patch\nubuntu.patch\na.patch\n",
            "debian/patches/kali.series": "a.patch\n",
            "debian/patches/ubuntu.patch": PATCH,
        }
    )
    package = only(DEBIAN, files)
    assert [patch.name for patch in package.series] == ["a.patch", "sub/b.patch"]
    changes = DEBIAN.edit(files, package, (edit(Action.DROP, "a.patch"),), to(None))
    assert changes == {
        "debian/patches/a.patch": None,
        "debian/patches/series": b"sub/b.patch -p1\n",
        "debian/patches/ubuntu.series": b"# theirs\nsub/b.patch\nubuntu.patch\n",
        "debian/patches/kali.series": b"",
    }


def test_a_rewritten_patch_changes_its_file_alone() -> None:
    files = source()
    changes = DEBIAN.edit(files, only(DEBIAN, files), (edit(Action.REWRITE, "a.patch", PATCH + b" c\n"),), to(None))
    assert changes == {"debian/patches/a.patch": PATCH + b" c\n"}


def test_a_patch_that_waits_changes_nothing() -> None:
    files = source()
    assert DEBIAN.edit(files, only(DEBIAN, files), (edit(Action.ASK, "a.patch"),), to(None)) == {}


def test_a_restored_patch_goes_to_the_end_and_is_pinned_in_the_settings() -> None:
    files = source()
    changes = DEBIAN.restore(files, only(DEBIAN, files), "c.patch", PATCH, "ours")
    assert changes == {
        "debian/patches/series": b"a.patch\nsub/b.patch -p1\nc.patch\n",
        "debian/patches/c.patch": PATCH,
        "syncbot.toml": b'[packages.demo.keep]\n"c.patch" = "ours"\n',
    }


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (source("a.patch\ngone.patch\n"), "the file debian/patches/gone.patch is missing"),
        (source("../../x.patch\n"), "is no file of this repository"),
        (source("a.patch -R\n"), "debian/patches/series:1: a.patch is to be applied in reverse"),
        (source("a.patch\na.patch\n"), "debian/patches/series:2: a.patch is listed twice"),
        (source("a.patch\n<<<<<<< HEAD\n"), "debian/patches/series:2: unexpected 'HEAD' after <<<<<<<"),
        (source(changelog=CHANGELOG.replace(" -- A", " - A")), "debian/changelog:1: the newest entry does not end"),
        (source(changelog=CHANGELOG.replace("  * Some", ">>>>>>> x\n  * Some")), "changelog:3: there is a conflict"),
        (source(changelog=CHANGELOG.replace("2:1.0+dfsg1-3", "2:")), "debian/changelog:1: '2:' is no Debian version"),
        (source(patches_00list="a\n"), "the patches are listed in patches/00list, which is not supported"),
    ],
)
def test_what_cannot_be_edited_without_loss_is_refused(files: MemoryTree, said: str) -> None:
    [complaint] = complaints(DEBIAN, files)
    assert said in complaint


def test_symlinks_are_not_followed() -> None:
    made = source()
    files = {p: (0o100644, made.read(p) or b"") for p in made.paths()}
    files["debian/patches/a.patch"] = (SYMLINK, b"/etc/passwd")
    [complaint] = complaints(DEBIAN, MemoryTree(files))
    assert "is or passes through a symlink (debian/patches/a.patch), which is not followed" in complaint


def test_a_package_that_changed_meanwhile_is_not_edited() -> None:
    package = only(DEBIAN, source())
    with pytest.raises(InputError, match="demo has changed since it was read"):
        DEBIAN.edit(source("a.patch\n"), package, (edit(Action.DROP, "a.patch"),), to("1.1"))


@pytest.mark.parametrize(
    ("watch", "upstream", "pattern"),
    [
        ("version=4\nhttps://github.com/o/p/tags .*/v?(\\d\\S+)\\.tar\\.gz", "git:https://github.com/o/p.git", ""),
        (
            "version=4\nopts=uversionmangle=s/a/b/,\\\nrepack \\\n "
            "https://github.com/o/p/tags .*/v?(1\\.6\\.\\d\\S*)\\.tar\\.gz",
            "git:https://github.com/o/p.git",
            "^v?(1\\.6\\.\\d\\S*)$",
        ),
        (
            'version=4\nopts="searchmode=plain" \\\nhttps://api.github.com/repos/o/@PACKAGE@/releases x(\\d)',
            "git:https://github.com/o/demo.git",
            "",
        ),
        ("version=4\nopts=mode=git https://example.org/x.git refs/tags/v(.*)", "git:https://example.org/x.git", ""),
        ("version=4\nhttps://pypi.example/thing/thing-(.+)\\.tar\\.gz", "pypi:thing", ""),
        ("Version: 5\n\nTemplate: Github\nOwner: o\nProject: p\n", "git:https://github.com/o/p.git", ""),
        (
            "Version: 5\n\nTemplate: Gitlab\nDist: https://gitlab.example/a/b\n",
            "git:https://gitlab.example/a/b.git",
            "",
        ),
        (
            "Version: 5\n\nSource: https://x.example/d/\nMatching-Pattern: demo-(\\d.*)\\.tgz",
            "",
            "^demo-(\\d.*)\\.tgz$",
        ),
        (
            "version=4\nhttps://x.example/d/demo-(\\d[\\d.]*)\\.tar\\.xz debian uupdate",
            "",
            "^demo-(\\d[\\d.]*)\\.tar\\.xz$",
        ),
        ("version=4\nhttps://x.example/d/ (?:.*/)?demo-(rel|v)?(\\d.*)\\.tgz", "", "^demo-(?:rel|v)?(\\d.*)\\.tgz$"),
    ],
)
def test_a_watch_file_says_where_upstream_is(watch: str, upstream: str, pattern: str) -> None:
    found, doubts = read_watch(watch, "demo")
    assert found is not None
    assert doubts == []
    assert ("" if found.upstream is None else str(found.upstream), found.pattern) == (upstream, pattern)
    assert found.page == ("" if upstream else "https://x.example/d/")


@pytest.mark.parametrize(
    ("watch", "doubt"),
    [
        ("version=4\nftp://x.example/demo-(.*)\\.tgz", "its address is not http or https"),
        ("version=4\nhttps://sf.net/demo/demo-(.*)\\.tgz", "the pages of sf.net are no list of files"),
        ("version=4\nhttps://x.example/d/ demo\\.tgz", "its pattern has no group for the version"),
        ("version=4\nhttps://x.example/(stable|odd)/ demo-(.*)\\.tgz", "its address has a pattern in a folder's name"),
        ("version=4\nhttps://x.example/d/ demo-((\\.tgz", "its pattern is none that can be read here"),
        ('version=4\nopts="a https://x.example/ x', "the quote of its options does not end"),
        ("Version: 5\n\nTemplate: Sourceforge\n", "the template sourceforge is not known here"),
    ],
)
def test_a_watch_file_that_says_nothing_usable_is_a_doubt(watch: str, doubt: str) -> None:
    assert read_watch(watch, "demo") == (None, [f"debian/watch: {doubt}"])


@pytest.mark.parametrize("folder", ["(\\d[\\d\\.]+)", "([\\d.]+)", "v?(\\d+)", "([0-9.]*)"])
def test_a_watch_file_may_look_into_a_folder_for_each_line(folder: str) -> None:
    found, doubts = read_watch(f"version=4\nhttps://x.example/d/{folder}/ demo-(\\d.*)\\.tgz", "demo")
    assert found is not None
    assert (found.page, found.pattern, doubts) == ("https://x.example/d/@LINE@/", "^demo-(\\d.*)\\.tgz$", [])


COMPONENTS = {
    "4, an archive of the same version": (
        'version=4\nopts="component=data,pgpmode=none" https://x.example/d/data-(\\d.*)\\.tgz same\n'
        "https://x.example/d/demo-(\\d.*)\\.tgz debian\n",
        Component("data", Upstream("tarball", "https://x.example/d/"), "^data-(\\d.*)\\.tgz$"),
    ),
    "4, with its name in the pattern": (
        "version=4\nhttps://x.example/d/demo-(\\d.*)\\.tgz\n"
        "opts=component=data https://x.example/@COMPONENT@/ @COMPONENT@-(\\d.*)\\.tgz same\n",
        Component("data", Upstream("tarball", "https://x.example/data/"), "^data-(\\d.*)\\.tgz$"),
    ),
    "4, a repository": (
        "version=4\nhttps://x.example/d/demo-(\\d.*)\\.tgz\n"
        'opts="mode=git, component=data" https://x.example/data.git refs/tags/v(.*) same\n',
        Component("data", Upstream("git", "https://x.example/data.git")),
    ),
    "4, of another version": (
        "version=4\nhttps://x.example/d/demo-(\\d.*)\\.tgz group\n"
        "opts=component=data https://x.example/d/data-(\\d.*)\\.tgz group\n",
        Component("data", None, why="its version is another than the package's (group)"),
    ),
    "4, nowhere": (
        "version=4\nhttps://x.example/d/demo-(\\d.*)\\.tgz\nopts=component=data ftp://x.example/data-(.*)\\.tgz same\n",
        Component("data", None, why="its address is not http or https"),
    ),
    "5, an archive": (
        "Version: 5\n\nSource: https://x.example/d/\nMatching-Pattern: demo-(\\d.*)\\.tgz\n\n"
        "Component: data\nSource: https://x.example/d/\nMatching-Pattern: data-(\\d.*)\\.tgz\n",
        Component("data", Upstream("tarball", "https://x.example/d/"), "^data-(\\d.*)\\.tgz$"),
    ),
    "5, a template": (
        "Version: 5\n\nSource: https://x.example/d/\nMatching-Pattern: demo-(\\d.*)\\.tgz\n\n"
        "Component: data\nTemplate: Npmregistry\nDist: data\nVersion-Schema: checksum\n",
        Component("data", None, why="its version is another than the package's (checksum)"),
    ),
}


@pytest.mark.parametrize(("watch", "component"), COMPONENTS.values(), ids=COMPONENTS)
def test_a_watch_file_names_the_components_of_the_source(watch: str, component: Component) -> None:
    package = only(DEBIAN, source(watch=watch))
    assert package.components == (component,)
    assert package.upstream == Upstream("tarball", "https://x.example/d/")
    assert package.tag_pattern == "^demo-(\\d.*)\\.tgz$"


def test_the_tarballs_of_a_watch_file_have_the_metadatas_repository_as_history() -> None:
    files = source(
        watch="version=4\nhttps://x.example/d/demo-(\\d[\\d.]*)\\.tar\\.xz\n",
        upstream_metadata="---\nRepository: https://git.example/demo.git,branch=x\n",
    )
    package = only(DEBIAN, files)
    assert (str(package.upstream), str(package.history)) == (
        "tarball:https://x.example/d/",
        "git:https://git.example/demo.git",
    )
    assert package.tag_pattern == "^demo-(\\d[\\d.]*)\\.tar\\.xz$"


LINES = st.sampled_from(["a.patch", "sub/b.patch -p1", "# a comment", "", "  ", "#gone.patch", "\t# odd \t"])


@given(st.lists(LINES, unique=True), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_dropping_everything_leaves_every_other_line(lines: list[str], newline: str, ends: bool) -> None:
    files = source(newline.join(lines) + (newline if ends and lines else ""))
    read = DEBIAN.read(files, "", only(DEBIAN, source()).policy)
    for package in read.packages:
        edits = tuple(edit(Action.DROP, patch.name) for patch in package.series)
        left = text(after(files, DEBIAN.edit(files, package, edits, to(None))), "debian/patches/series") or ""
        kept = [line for line in lines if not line.startswith(("a.patch", "sub/b.patch"))]
        assert [line for line in left.split(newline) if line] == [line for line in kept if line]
