"""openembedded: BitBake recipes and .bbappend files, what is read, and edits as before/after tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes import COMMIT, PATCH, again, complaint, move, names, only, repository, text

from syncbot.errors import InputError
from syncbot.layouts.formats import open_format
from syncbot.layouts.openembedded import OpenembeddedFormat, OpenembeddedRecipe
from syncbot.layouts.openembedded.bitbake import Unknown, format, parse
from syncbot.layouts.recipe import Download, Listed, Place
from syncbot.model.ids import PatchName
from syncbot.model.trees import MemoryTree

FORMAT = OpenembeddedFormat()
FOLDER = "meta/recipes-x/demo"
BB = f"{FOLDER}/demo_1.2.3.bb"
URL = "https://example.org/${BP}.tar.gz"
OLD, NEW = "0" * 64, "f" * 64


def layer(recipe: str | bytes, **more: str | bytes) -> MemoryTree:
    """demo_1.2.3.bb with a.patch, b.patch and c.patch in demo/, and other files of the layer by path."""
    files = {BB: recipe, **{f"{FOLDER}/demo/{name}.patch": PATCH for name in "abc"}}
    return repository({**files, **{f"meta/{path}": content for path, content in more.items()}})


def read(recipe: str | bytes, **more: str | bytes) -> OpenembeddedRecipe:
    made = FORMAT.read(layer(recipe, **more), Place("demo", BB))
    assert dict(made.changes()) == {}
    return made


def test_it_is_in_the_table() -> None:
    assert open_format("openembedded").name == "openembedded"


READ: dict[str, tuple[str, list[tuple[str, int | None, str]]]] = {
    "lines": (
        f'SRC_URI = "{URL} \\\n    file://a.patch \\\n    file://b.patch;striplevel=0 \\\n    "\n',
        [("a", None, ""), ("b", 0, "")],
    ),
    "added": (
        'SRC_URI = "x"\nSRC_URI += "file://a.patch"\nSRC_URI:append = " file://b.patch"\n',
        [("a", None, ""), ("b", None, "")],
    ),
    "before": ('SRC_URI = "file://b.patch"\nSRC_URI =+ "file://a.patch"\n', [("b", None, ""), ("a", None, "")]),
    "set anew": ('SRC_URI = "file://a.patch"\nSRC_URI = "file://b.patch"\n', [("b", None, "")]),
    "for one class": ('SRC_URI:append:class-target = " file://a.patch"\n', [("a", None, "class-target")]),
    "in the old style": ('SRC_URI_append_class-native = " file://a.patch"\n', [("a", None, "class-native")]),
    "for two classes": (
        'SRC_URI:append:class-native = " file://a.patch"\nSRC_URI:append:class-nativesdk = " file://a.patch"\n',
        [("a", None, "class-native or class-nativesdk")],
    ),
    "by a variable": ('MORE = "file://a.patch"\nSRC_URI = "x ${MORE}"\n', [("a", None, "")]),
    "by a variable, if a feature is there": (
        "MORE = \"file://a.patch\"\nSRC_URI = \"${@bb.utils.contains('DISTRO_FEATURES', 'pam', '${MORE}', '', d)}\"\n",
        [("a", None, "DISTRO_FEATURES contains pam")],
    ),
    "in another folder of the source": (
        'SRC_URI = "file://a.patch;patchdir=../lib"\n',
        [("a", None, "patchdir=../lib")],
    ),
    "not applied": ('SRC_URI = "file://a.patch;apply=no file://b.patch"\n', [("b", None, "")]),
    "by a plain variable in its name": ('WHAT = "a"\nSRC_URI = "file://${WHAT}.patch"\n', [("a", None, "")]),
}


@pytest.mark.parametrize(("recipe", "told"), READ.values(), ids=READ)
def test_patches_are_read(recipe: str, told: list[tuple[str, int | None, str]]) -> None:
    expected = [Listed(PatchName(f"{n}.patch"), f"{FOLDER}/demo/{n}.patch", strip, cond) for n, strip, cond in told]
    assert list(read(recipe).patches) == expected


@pytest.mark.parametrize("folder", ["demo-1.2.3", "demo", "files"])
def test_patches_lie_in_three_folders(folder: str) -> None:
    tree = repository({BB: 'SRC_URI = "file://x.patch"\n', f"{FOLDER}/{folder}/x.patch": PATCH})
    assert [patch.path for patch in only(FORMAT, tree).patches] == [f"{FOLDER}/{folder}/x.patch"]


def test_a_variant_uses_the_folder_of_the_base() -> None:
    tree = repository({f"{FOLDER}/demo-native_1.bb": 'SRC_URI = "file://x.patch"\n', f"{FOLDER}/demo/x.patch": PATCH})
    assert names(only(FORMAT, tree)) == ["x.patch"]


def test_what_is_required_counts_as_if_it_stood_there() -> None:
    more = {"recipes-x/demo/demo.inc": 'SRC_URI += "file://b.patch"\n'}
    recipe = read('SRC_URI = "file://a.patch"\nrequire demo.inc\nSRC_URI += "file://c.patch"\n', **more)
    assert names(recipe) == ["a.patch", "b.patch", "c.patch"]
    after = recipe.without(PatchName("b.patch"))
    assert text(after, f"{FOLDER}/demo.inc") == ""
    assert names(after) == ["a.patch", "c.patch"]


def test_a_bbappend_has_its_files_where_it_says() -> None:
    append = 'FILESEXTRAPATHS:prepend := "${THISDIR}/${PN}:"\nSRC_URI += "file://x.patch \\\n  file://y.cfg"\n'
    path = "meta-mine/recipes-x/demo/demo_%.bbappend"
    tree = repository({path: append, "meta-mine/recipes-x/demo/demo/x.patch": PATCH})
    recipe = only(FORMAT, tree)
    assert (recipe.version, names(recipe)) == (None, ["x.patch"])
    assert text(recipe.without(PatchName("x.patch")), path).endswith('SRC_URI += "file://y.cfg"\n')


# A line that ends in "!" is gone afterwards; "a => b" becomes b.
DROPS = {
    "on a line of its own": f'SRC_URI = "{URL} \\\n    file://a.patch \\!\n    file://b.patch \\\n    "\n',
    "the last, before the quote": (
        f'SRC_URI = "{URL} \\\n    file://b.patch \\ =>     file://b.patch"\n    file://a.patch"!\n'
    ),
    "the first": 'SRC_URI = "file://a.patch \\ => SRC_URI = "file://b.patch"\n    file://b.patch"!\n',
    "among others of a line": 'SRC_URI = "x file://a.patch file://b.patch" => SRC_URI = "x file://b.patch"\n',
    "alone in what is added": 'SRC_URI = "x"\nSRC_URI += "file://a.patch"!\nSRC_URI:append = " file://b.patch"\n',
    "alone in what a class adds": 'SRC_URI = "x"\nSRC_URI:append:class-native = " file://a.patch"!\nS = "y"\n',
    "for two classes": (
        'SRC_URI:append:class-native = " file://a.patch file://b.patch" => '
        'SRC_URI:append:class-native = " file://b.patch"\nSRC_URI:append:class-nativesdk = " file://a.patch"!\n'
    ),
    "with parameters": 'SRC_URI = "x file://a.patch;striplevel=2;patchdir=y" => SRC_URI = "x"\n',
    "with tabs": 'SRC_URI = "x \\\n\t\tfile://a.patch \\!\n\t"\n',
}


def before_and_after(marked: str) -> tuple[str, str]:
    before, after = [], []
    for line in marked.splitlines(keepends=True):
        body = line.rstrip("\n")
        old, arrow, new = body.removesuffix("!").partition(" => ")
        before.append(old + "\n")
        after += [] if body.endswith("!") else [(new if arrow else old) + "\n"]
    return "".join(before), "".join(after)


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("marked", DROPS.values(), ids=DROPS)
def test_a_patch_is_dropped(marked: str, ending: str) -> None:
    before, after = (side.replace("\n", ending) for side in before_and_after(marked))
    tree = layer(before)
    recipe = only(FORMAT, tree).without(PatchName("a.patch"))
    assert text(recipe, BB) == after
    assert recipe.changes()[f"{FOLDER}/demo/a.patch"] is None
    assert names(again(FORMAT, tree, recipe, BB)) == [n for n in names(only(FORMAT, tree)) if n != "a.patch"]


def test_bytes_that_are_not_utf8_stay() -> None:
    recipe = read(b'# caf\xe9\nSRC_URI = "x file://a.patch"').without(PatchName("a.patch"))
    assert recipe.changes()[BB] == b'# caf\xe9\nSRC_URI = "x"'


def test_a_file_that_another_recipe_names_stays() -> None:
    recipe = read('SRC_URI = "x file://a.patch"\n', **{"recipes-x/demo/other_2.bb": 'SRC_URI = "file://a.patch"\n'})
    assert list(recipe.without(PatchName("a.patch")).changes()) == [BB]


STATUS = b"Fix it\n\nUpstream-Status: Submitted [https://example.org/1]\n---\n"


def test_the_status_towards_upstream_is_kept() -> None:
    path = f"{FOLDER}/demo/a.patch"
    recipe = read('SRC_URI = "file://a.patch"\n', **{"recipes-x/demo/demo/a.patch": STATUS + PATCH})
    backport = b"Upstream-Status: Backport\n\n" + PATCH
    assert recipe.rewritten(PatchName("a.patch"), backport).changes() == {path: backport}
    with pytest.raises(InputError, match=r"a\.patch would lose its Upstream-Status; keep it in the patch's header"):
        recipe.rewritten(PatchName("a.patch"), PATCH + b"Upstream-Status: not in the header\n")


ADDITIONS = {
    "below the last": (
        'SRC_URI = "x \\\n    file://a.patch \\\n    file://run-ptest \\\n    "\n',
        'SRC_URI = "x \\\n    file://a.patch \\\n    file://new.patch \\\n    file://run-ptest \\\n    "\n',
    ),
    "before the quote": (
        'SRC_URI = "x \\\n    file://a.patch"\n',
        'SRC_URI = "x \\\n    file://a.patch \\\n    file://new.patch"\n',
    ),
    "on one line": ('SRC_URI = "x file://a.patch"\n', 'SRC_URI = "x file://a.patch file://new.patch"\n'),
    "as the first": ('SRC_URI = "x"\nS = "y"\n', 'SRC_URI = "x"\nSRC_URI:append = " file://new.patch"\nS = "y"\n'),
    "after one for a class": (
        'SRC_URI = "file://a.patch"\nSRC_URI:append:class-native = " file://b.patch"\nS = "y"\n',
        'SRC_URI = "file://a.patch"\nSRC_URI:append:class-native = " file://b.patch"\n'
        'SRC_URI:append = " file://new.patch"\nS = "y"\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), ADDITIONS.values(), ids=ADDITIONS)
def test_a_patch_is_added(before: str, after: str) -> None:
    tree = layer(before)
    recipe = only(FORMAT, tree).adding(PatchName("new.patch"), PATCH)
    assert text(recipe, BB) == after
    assert recipe.changes()[f"{FOLDER}/demo/new.patch"] == PATCH
    assert names(again(FORMAT, tree, recipe, BB))[-1] == "new.patch"


def test_a_recipe_is_renamed_with_the_folder_of_its_version() -> None:
    recipe = f'SRC_URI = "{URL} file://x.patch"\nSRC_URI[sha256sum] = "{OLD}"\n'
    tree = repository({BB: recipe, f"{FOLDER}/demo-1.2.3/x.patch": PATCH, f"{FOLDER}/demo/keep.cfg": "y"})
    moved = only(FORMAT, tree).moved(move("2.0"))
    wanted = Download("https://example.org/demo-2.0.tar.gz", "sha256")
    assert moved.downloads() == (wanted,)
    changes = dict(moved.checked({wanted: NEW}).changes())
    assert changes == {
        BB: None,
        f"{FOLDER}/demo_2.0.bb": recipe.replace(OLD, NEW).encode(),
        f"{FOLDER}/demo-1.2.3/x.patch": None,
        f"{FOLDER}/demo-2.0/x.patch": PATCH,
    }
    assert (moved.version, names(moved)) == ("2.0", ["x.patch"])


MOVES = {
    "PV": ('PV = "1.2.3"\n', "2.0", 'PV = "2.0"\n'),
    "PV of a snapshot": ('PV = "1.2.3+git"\n', "2.0", 'PV = "2.0+git"\n'),
    "PV by another variable": ('BASE = "1.2.3"\nPV = "${BASE}+git"\n', "2.0", 'BASE = "2.0"\nPV = "${BASE}+git"\n'),
    "PV in parts": ('A = "1"\nB = "2"\nPV = "${A}.${B}"\n', "3.4", 'A = "3"\nB = "4"\nPV = "${A}.${B}"\n'),
    "a commit": (
        f'PV = "1.2.3"\nSRCREV = "{"a" * 40}"\nSRC_URI = "git://example.org/x;protocol=https;branch=main"\n',
        "2.0",
        f'PV = "2.0"\nSRCREV = "{COMMIT}"\nSRC_URI = "git://example.org/x;protocol=https;branch=main"\n',
    ),
    "a part that the address needs": (
        'PV = "1.2.3"\nLINE = "1.2"\nOTHER = "1.2"\nSRC_URI = "https://example.org/${LINE}/x-${PV}.tar"\n',
        "2.5.0",
        'PV = "2.5.0"\nLINE = "2.5"\nOTHER = "1.2"\nSRC_URI = "https://example.org/${LINE}/x-${PV}.tar"\n',
    ),
    "the counter": ('PV = "1.2.3"\nPR = "r7"\n', "2.0", 'PV = "2.0"\nPR = "r0"\n'),
    "a pre-release": ('PV = "1.2.3"\n', "2.0-rc1", 'PV = "2.0~rc1"\n'),
}


@pytest.mark.parametrize(("before", "version", "after"), MOVES.values(), ids=MOVES)
def test_a_recipe_that_states_its_version_moves(before: str, version: str, after: str) -> None:
    path = f"{FOLDER}/demo_git.bb"
    moved = only(FORMAT, repository({path: before})).moved(move(version))
    assert text(moved, path) == after


def test_the_end_of_a_version_may_stand_inside() -> None:
    moved = only(FORMAT, repository({f"{FOLDER}/demo_9.2.bb": 'PV .= ".0843"\n'})).moved(move("9.2.0850"))
    assert dict(moved.changes()) == {f"{FOLDER}/demo_9.2.bb": b'PV .= ".0850"\n'}


def test_only_patches_change_nothing_else() -> None:
    assert dict(read('SRC_URI = "file://a.patch"\n').moved(move(None)).changes()) == {}


def test_checksums_go_by_name() -> None:
    recipe = read(
        f'SRC_URI = "{URL};name=main https://example.org/data-7.tar;name=data"\n'
        f'SRC_URI[main.sha256sum] = "{OLD}"\nSRC_URI[main.md5sum] = "{"0" * 32}"\nSRC_URI[data.sha256sum] = "{OLD}"\n'
    )
    moved = recipe.moved(move("2.0"))
    assert [(d.url.rpartition("/")[2], d.algorithm) for d in moved.downloads()] == [
        ("demo-2.0.tar.gz", "sha256"),
        ("demo-2.0.tar.gz", "md5"),
    ]
    made = text(moved.checked({moved.downloads()[0]: NEW}), f"{FOLDER}/demo_2.0.bb")
    assert f'[main.sha256sum] = "{NEW}"' in made
    assert f'[data.sha256sum] = "{OLD}"' in made


PYTHON = {
    "${@'.'.join(d.getVar('PV').split('.')[0:2])}": "1.2",
    "${@oe.utils.trim_version('${PV}', 1)}": "1",
    "${@d.getVar('PV').replace('.', '_')}": "1_2_3",
    '${@gnome_verdir("${PV}")}': "1.2",
    '${@xfce_verdir("${PV}")}': "1.2",
    "${PV}-${BPN}": "1.2.3-demo",
}


@pytest.mark.parametrize(("said", "meant"), PYTHON.items(), ids=list(PYTHON))
def test_the_python_that_everybody_writes_is_known_by_its_meaning(said: str, meant: str) -> None:
    assert read("").family.scope.expand(said) == meant


@pytest.mark.parametrize("said", ["${@open('/etc/passwd').read()}", "${@d.getVar('PV')}", "${UNSET}"])
def test_no_other_is(said: str) -> None:
    with pytest.raises(Unknown):
        read("").family.scope.expand(said)


def test_recipes_that_share_what_is_pinned_move_together() -> None:
    files = {
        "recipes-x/demo/demo.inc": f'SRC_URI = "{URL}"\nSRC_URI[sha256sum] = "{OLD}"\n',
        "recipes-x/demo/demo-tools_1.2.3.bb": "require demo.inc\n",
        "recipes-x/demo/other_1.2.3.bb": 'SRC_URI = "y"\n',
    }
    changes = read("require demo.inc\n", **files).moved(move("2.0")).changes()
    assert {path for path, content in changes.items() if content is None} == {BB, f"{FOLDER}/demo-tools_1.2.3.bb"}


def test_a_part_that_states_the_version_speaks_for_all() -> None:
    files = {
        "recipes-x/demo/demo.inc": 'PV = "1.2.3"\nSRC_URI = "file://a.patch"\n',
        "recipes-x/demo/demo-source.bb": "require demo.inc\n",
    }
    recipe = read("require demo.inc\n", **files)
    assert text(recipe.moved(move("2.0")), f"{FOLDER}/demo.inc").startswith('PV = "2.0"\n')
    assert names(recipe.without(PatchName("a.patch"))) == []


def test_a_class_of_the_layer_says_what_is_fetched() -> None:
    files = {
        "classes-recipe/gnomebase.bbclass": (
            'SRC_URI = "${GNOME_MIRROR}/${BPN}/${@gnome_verdir("${PV}")}/${BP}.tar.xz;name=archive"\n'
        ),
        "conf/bitbake.conf": 'GNOME_MIRROR ?= "https://example.org/sources"\n',
    }
    recipe = f'inherit gnomebase\nSRC_URI += "file://a.patch"\nSRC_URI[archive.sha256sum] = "{OLD}"\n'
    moved = read(recipe, **files).moved(move("2.5.1"))
    assert moved.downloads() == (Download("https://example.org/sources/demo/2.5/demo-2.5.1.tar.xz", "sha256"),)


KNOWN = {
    "git": ('SRC_URI = "git://github.com/acme/demo;protocol=https;branch=main"\n', "git:https://github.com/acme/demo"),
    "a forge": ('SRC_URI = "https://github.com/acme/demo/archive/${PV}.tar.gz"\n', "git:https://github.com/acme/demo"),
    "its homepage": ('HOMEPAGE = "https://gitlab.com/acme/demo"\n', "git:https://gitlab.com/acme/demo.git"),
    "an index": ('inherit pypi\nPYPI_PACKAGE = "Demo"\n', "pypi:Demo"),
    "an index, by its own name": ("inherit pypi\n", "pypi:demo"),
    "a page of archives": (f'SRC_URI = "{URL}"\n', "tarball:https://example.org/demo-@VERSION@.tar.gz"),
    "nothing": ('SRC_URI = "file://a.patch"\n', "None"),
}


@pytest.mark.parametrize(("recipe", "upstream"), KNOWN.values(), ids=KNOWN)
def test_upstream_is_known(recipe: str, upstream: str) -> None:
    assert str(read(recipe).known.upstream) == upstream


def test_tags_and_maintainers_are_known() -> None:
    inc = {"conf/distro/include/maintainers.inc": 'RECIPE_MAINTAINER:pn-demo = "A Person <person@example.org>"\n'}
    known = read('UPSTREAM_CHECK_GITTAGREGEX = "v(?P<pver>\\d+(\\.\\d+)?)"\n', **inc).known
    assert (known.tag_pattern, known.owners) == ("", ("person@example.org",))
    assert read('UPSTREAM_CHECK_GITTAGREGEX = "v(?P<pver>[\\d.]+)$"\n').known.tag_pattern == "v(?P<pver>[\\d.]+)$"


def test_what_is_not_judged_is_told() -> None:
    recipe = read('require gone.inc\nSRC_URI = "https://example.org/1.patch;name=p"\n')
    assert f"{BB}:2: https://example.org/1.patch is fetched, and is no file here" in recipe.known.doubts
    assert f"{BB}:1: gone.inc is not in this repository" in recipe.known.doubts


REFUSED = {
    "a missing file": (
        'SRC_URI = "file://gone.patch"\n',
        f"{BB}:1: the file gone.patch is missing; add it beside the recipe",
    ),
    "Python with a patch": (
        "S = \"x\"\nSRC_URI = \"x ${@bb.utils.contains('A', 'b', 'file://a.patch', '', d)}\"\n",
        f"{BB}:2: inline Python in SRC_URI may list patches",
    ),
    "Python that calls": (
        'SRC_URI = "x \\\n  ${@patches_of(d)}"\n',
        f"{BB}:2: inline Python in SRC_URI may list patches",
    ),
    "Python in a name": (
        'SRC_URI = "file://${@x()}.patch"\n',
        f"{BB}:1: the name file://${{@x()}}.patch rests on inline Python",
    ),
    "Python code": (
        'python () {\n    d.appendVar("SRC_URI", " file://a.patch")\n}\n',
        f"{BB}:2: Python code changes SRC_URI; list the patches in SRC_URI itself",
    ),
    "an open quote": ('SRC_URI = "x\n', f"{BB}:1: the value of SRC_URI is not closed; close it with a quote"),
    "an open function": ("do_x() {\n  y\n", f"{BB}:1: a function is not closed; close it with }}"),
    "a merge": ("<<<<<<< ours\n", f"{BB}:1: the mark of an unfinished merge; resolve the conflict"),
    "outside": ('SRC_URI = "file://../../a.patch"\n', f"HostileInput: {BB}:1: '../../a.patch' is no name for a patch"),
    "from the root": ('SRC_URI = "file:///a.patch"\n', f"HostileInput: {BB}:1: '/a.patch' is no name for a patch"),
    "circles": ('A = "${B}"\nB = "${A}"\nSRC_URI = "file://${A}.patch"\n', "rests on variables that go in circles"),
}


@pytest.mark.parametrize(("recipe", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(recipe: str, told: str) -> None:
    assert told in complaint(FORMAT, layer(recipe))


def test_a_symlink_is_not_followed() -> None:
    tree = repository({BB: 'SRC_URI = "file://a.patch"\n'}, {f"{FOLDER}/files/a.patch": "/etc/passwd"})
    assert f"HostileInput: {BB}:1: {FOLDER}/files/a.patch is a symlink" in complaint(FORMAT, tree)


def test_a_drop_that_needs_a_person_is_refused() -> None:
    recipe = read('SRC_URI = "file://a.patch"\ndo_install() {\n\tx\n\tcp ${UNPACKDIR}/a.patch y\n}\n')
    with pytest.raises(InputError, match=rf"{BB}:4: a\.patch is named in do_install, too; take it out there by hand"):
        recipe.without(PatchName("a.patch"))
    other = {
        "recipes-x/demo/demo.inc": 'SRC_URI = "file://a.patch"\n',
        "recipes-x/demo/demo_1.0.bb": "require demo.inc\n",
    }
    with pytest.raises(InputError, match=r"demo\.inc is required by demo_1\.0\.bb, too, which is at another version"):
        read("require demo.inc\n", **other).without(PatchName("a.patch"))


MOVES_REFUSED = {
    "several commits": (
        f'SRCREV_a = "{"a" * 40}"\nSRCREV_b = "{"b" * 40}"\nSRC_URI = "git://x.org/a;name=a git://x.org/b;name=b"\n',
        "the recipe pins several commits",
    ),
    "a commit that nobody knows": (f'SRCREV = "{"a" * 40}"\nSRC_URI = "git://x.org/a"\n', "SRCREV pins a commit"),
    "generated addresses": ('SRC_URI = "crate://x.org/a/1"\n', "the recipe lists generated addresses (crate://)"),
    "a version by Python": ('PV = "${@x()}"\n', "the recipe states no version"),
    "an address of its own": (
        f'SRC_URI = "https://example.org/demo-1.2.3.tar.gz"\nSRC_URI[sha256sum] = "{OLD}"\n',
        "demo-1.2.3.tar.gz states the version 1.2.3 by itself; write ${PV} there",
    ),
    "a hidden address": (
        f'SRC_URI = "${{MY_MIRROR}}/${{BP}}.tar"\nSRC_URI[sha256sum] = "{OLD}"\n',
        "rests on ${MY_MIRROR}",
    ),
    "an address from elsewhere": (
        f'inherit pypi\nSRC_URI[sha256sum] = "{OLD}"\n',
        "is of an address that no file of this",
    ),
}


@pytest.mark.parametrize(("recipe", "told"), MOVES_REFUSED.values(), ids=MOVES_REFUSED)
def test_a_move_that_needs_a_person_is_refused(recipe: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(recipe).moved(move("2.0", commit=None))
    assert told in str(caught.value)


def test_versions_of_one_recipe_are_told_apart_by_their_line() -> None:
    paths = ("a/demo_5.4.8.bb", "a/demo_5.5.0.bb", "a/lone_1.bb", "a/lone_%.bbappend", "b/lone_2.bb", "b/plain.bb")
    found = {place.path: place.name for place in FORMAT.find(repository(dict.fromkeys(paths, "")), "")}
    assert found == {
        "a/demo_5.4.8.bb": "demo-5.4",
        "a/demo_5.5.0.bb": "demo-5.5",
        "a/lone_%.bbappend": "lone.bbappend",
        "a/lone_1.bb": "a-lone",
        "b/lone_2.bb": "b-lone",
        "b/plain.bb": "plain",
    }


PIECES = (
    'SRC_URI = "a', 'b"', "do_x() {", "}", "python () {", "def f(d):", "    x", "require a.inc", "inherit b", "\\",
    'A:append = " c"', "A[b] = 'c'", "# d", "\t", "", "A ?= \\", "${@x}", "\xe9",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PIECES) | st.text(max_size=8), st.sampled_from(["\n", "\r\n", ""]))))
def test_whatever_parses_is_given_back(pieces: list[tuple[str, str]]) -> None:
    content = "".join(piece + end for piece, end in pieces)
    try:
        recipe = parse(content, "x.bb")
    except InputError:
        return
    assert format(recipe) == content


@st.composite
def recipes(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A recipe whose patches stand in SRC_URI in many manners; and their names."""
    found = [f"p{n}.patch" for n in range(draw(st.integers(1, 6)))]
    gap = draw(st.sampled_from([" ", " \\\n    ", " \\\n\t"]))
    end = draw(st.sampled_from(["", " ", " \\\n    "]))
    statements, words = [], [URL]
    for name in found:
        if draw(st.booleans()):
            words.append(f"file://{name}{draw(st.sampled_from(['', ';striplevel=1']))}")
        else:
            where = draw(st.sampled_from([" +=", ":append =", ":append:class-native ="]))
            statements.append(f'SRC_URI{where} " file://{name}"\n')
    return f'SRC_URI = "{gap.join(words)}{end}"\n{"".join(statements)}S = "x"\n', found


@given(recipes())
def test_each_patch_in_turn_goes_and_nothing_else(made: tuple[str, list[str]]) -> None:
    content, found = made
    tree = repository({BB: content, **{f"{FOLDER}/demo/{name}": PATCH for name in found}})
    recipe = only(FORMAT, tree)
    assert sorted(names(recipe)) == sorted(found)
    for name in found:
        after = recipe.without(PatchName(name))
        assert names(again(FORMAT, tree, after, BB)) == [other for other in names(recipe) if other != name]
        left = text(after, BB).replace("\\", " ").replace('"', " ").split()
        gone = [word for word in content.replace("\\", " ").replace('"', " ").split() if f"file://{name}" not in word]
        assert set(left) - {"SRC_URI"} <= set(gone)
        assert [word for word in left if word.startswith("file://")] == [w for w in gone if w.startswith("file://")]
