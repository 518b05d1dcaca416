"""apkbuild: Alpine's APKBUILDs, what is read, and edits as before/after tables."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes import COMMIT, PATCH, again, complaint, move, names, only, repository, text

from syncbot.errors import InputError
from syncbot.layouts.apkbuild import ApkbuildFormat, ApkbuildRecipe
from syncbot.layouts.apkbuild.shell import Scope, Unknown, format, parse
from syncbot.layouts.formats import open_format
from syncbot.layouts.recipe import Download, Listed
from syncbot.model.ids import PatchName
from syncbot.model.trees import MemoryTree

FORMAT = ApkbuildFormat()
HEAD = "# Maintainer: A Person <person@example.org>\npkgname=demo\npkgver=1.2.3\npkgrel=4\n"
ARCHIVE = "https://example.org/demo-$pkgver.tar.gz"
PATCHES = ("a.patch", "b.patch", "c.patch")
OLD, NEW, FILLED = "0" * 128, hashlib.sha512(PATCH).hexdigest(), "f" * 128


def package(script: str | bytes, *patches: str) -> MemoryTree:
    """main/demo/APKBUILD with patches (a, b and c by default) beside it."""
    return repository({"main/demo/APKBUILD": script, **{f"main/demo/{name}": PATCH for name in patches or PATCHES}})


def read(script: str | bytes, *patches: str) -> ApkbuildRecipe:
    recipe = only(FORMAT, package(script, *patches))
    assert isinstance(recipe, ApkbuildRecipe)
    return recipe


def made(recipe: ApkbuildRecipe) -> str:
    return text(recipe, "main/demo/APKBUILD")


def test_it_is_in_the_table() -> None:
    assert open_format("apkbuild").name == "apkbuild"


READ: dict[str, tuple[str, list[tuple[str, int | None, str]]]] = {
    "by default": (f'source="{ARCHIVE}\n\ta.patch\n\tb.patch\n\tother.conf\n\t"\n', [("a", None, ""), ("b", None, "")]),
    "patch_args": ('source="a.patch"\npatch_args="-p0"\n', [("a", 0, "")]),
    "default_prepare": ('source="a.patch"\nprepare() {\n\tdefault_prepare\n\tsed -i x y\n}\n', [("a", None, "")]),
    "a loop over source": (
        'source="a.patch b.patch"\nprepare() {\n\tfor i in $source; do\n\t\tpatch -p2 -i "$srcdir"/$i\n\tdone\n}\n',
        [("a", 2, ""), ("b", 2, "")],
    ),
    "by hand, in their own order": (
        'source="a.patch b.patch"\n'
        'prepare() {\n\tpatch -p1 -i "$srcdir"/b.patch\n\tgit apply ../a.patch || return 1\n}\n',
        [("b", 1, ""), ("a", None, "")],
    ),
    "under a condition": (
        'source="a.patch"\ncase "$CARCH" in\n'
        'x86) source="$source b.patch" ;;\n*)\n\tsource="$source c.patch"\n\t;;\nesac\n',
        [("a", None, ""), ("b", None, 'case "$CARCH" in and x86)'), ("c", None, 'case "$CARCH" in')],
    ),
    "added": ('source="a.patch"\nsource="$source b.patch"\nsource+=" c.patch"\n', [(n, None, "") for n in "abc"]),
    "set anew": ('source="a.patch"\nsource="b.patch"\n', [("b", None, "")]),
    "single quotes": ("source='a.patch'\n", [("a", None, "")]),
    "variables": ('_what=a\nsource="${_what}.patch ${_other:-b}.patch"\n', [("a", None, ""), ("b", None, "")]),
}


@pytest.mark.parametrize(("script", "told"), READ.values(), ids=READ)
def test_patches_are_read(script: str, told: list[tuple[str, int | None, str]]) -> None:
    expected = [Listed(PatchName(f"{n}.patch"), f"main/demo/{n}.patch", strip, cond) for n, strip, cond in told]
    assert list(read(HEAD + script).patches) == expected


EXPANSIONS = {
    "$pkgname-$pkgver": "demo-1.2.3",
    "${pkgver%.*}": "1.2",
    "${pkgver%%.*}": "1",
    "${pkgver#*.}": "2.3",
    "${pkgver##*.}": "3",
    "${pkgver/./_}": "1_2.3",
    "${pkgver//./_}": "1_2_3",
    "${pkgname:0:1}": "d",
    "${pkgname::1}": "d",
    "${_none:-$pkgver}": "1.2.3",
    "${pkgname%${pkgname#?}}": "d",
    "${pkgver/.[0-9]*/x}": "1x",
    r"\$pkgver": "$pkgver",
}


@pytest.mark.parametrize(("word", "value"), EXPANSIONS.items(), ids=list(EXPANSIONS))
def test_plain_expansions_are_told_without_a_shell(word: str, value: str) -> None:
    assert Scope(parse(HEAD, "APKBUILD")).expand(word) == value


@pytest.mark.parametrize("word", ["$(id)", "`id`", "$_none", "$1", "${pkgver^^}", "${pkgver"])
def test_nothing_else_is(word: str) -> None:
    with pytest.raises(Unknown):
        Scope(parse(HEAD, "APKBUILD")).expand(word)


def test_a_variable_may_be_made_in_steps() -> None:
    script = parse(HEAD + "_m=${pkgver%%.*}\n_n=${pkgver#$_m.}\n_n=${_n%%.*}\n", "APKBUILD")
    assert Scope(script).expand("$_m/$_n") == "1/2"


# A line that ends in "!" is gone afterwards; "a => b" becomes b.
DROPS = {
    "on a line of its own": f'source="{ARCHIVE}\n\ta.patch!\n\tb.patch\n\t"\n',
    "the last, before the quote": f'source="{ARCHIVE}\n\tb.patch => \tb.patch"\n\ta.patch"!\n',
    "among others of a line": 'source="b.patch a.patch c.patch" => source="b.patch c.patch"\n',
    "the last of a line": 'source="b.patch a.patch" => source="b.patch"\n',
    "the only one": 'source="a.patch" => source=""\n',
    "with its checksums": (
        f'source="{ARCHIVE}\n\ta.patch!\n\t"\nsha512sums="\n{OLD}  demo-1.2.3.tar.gz\n{OLD}  a.patch!\n"\n'
    ),
    "with two lists of checksums": (
        f'source="a.patch b.patch" => source="b.patch"\nmd5sums="{"0" * 32}  b.patch => md5sums="{"0" * 32}  b.patch"\n'
        f'{"0" * 32}  a.patch"!\nsha512sums="{OLD}  a.patch => sha512sums="{OLD}  b.patch"\n{OLD}  b.patch"!\n'
    ),
    "with what applies it by hand": (
        'source="a.patch b.patch" => source="b.patch"\n'
        'prepare() {\n\tdefault_prepare\n\tpatch -p1 -i "$srcdir"/a.patch!\n\tmake\n}\n'
    ),
    "named in a comment": 'source="a.patch b.patch" => source="b.patch"\nbuild() {\n\t# see a.patch\n\tmake\n}\n',
    "secfixes stay": '# secfixes:\n#   1.2.3-r4:\n#     - CVE-2024-1\nsource="b.patch a.patch" => source="b.patch"\n',
}


def before_and_after(marked: str) -> tuple[str, str]:
    before, after = [], []
    for line in marked.splitlines(keepends=True):
        body = line.rstrip("\n")
        old, arrow, new = body.removesuffix("!").partition(" => ")
        before.append(old + "\n")
        after += [] if body.endswith("!") else [(new if arrow else old) + "\n"]
    return HEAD + "".join(before), HEAD + "".join(after)


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("marked", DROPS.values(), ids=DROPS)
def test_a_patch_is_dropped(marked: str, ending: str) -> None:
    before, after = (side.replace("\n", ending) for side in before_and_after(marked))
    tree = package(before)
    recipe = only(FORMAT, tree).without(PatchName("a.patch"))
    assert text(recipe, "main/demo/APKBUILD") == after
    assert recipe.changes()["main/demo/a.patch"] is None
    left = names(again(FORMAT, tree, recipe, "main/demo/APKBUILD"))
    assert left == [name for name in names(only(FORMAT, tree)) if name != "a.patch"]


def test_bytes_that_are_not_utf8_stay() -> None:
    script = b"# caf\xe9\n" + HEAD.encode() + b'source="b.patch\n\ta.patch"'
    after = b"# caf\xe9\n" + HEAD.encode() + b'source="b.patch"'
    assert read(script).without(PatchName("a.patch")).changes()["main/demo/APKBUILD"] == after


def test_a_rewritten_patch_has_its_real_checksum() -> None:
    script = HEAD + f'source="a.patch b.patch"\nsha512sums="\n{OLD}  a.patch\n{OLD}  b.patch\n"\n'
    recipe = read(script).rewritten(PatchName("a.patch"), b"new")
    assert made(recipe) == script.replace(f"{OLD}  a", f"{hashlib.sha512(b'new').hexdigest()}  a")
    assert recipe.changes()["main/demo/a.patch"] == b"new"


ADDITIONS = {
    "below the last patch": (
        f'source="{ARCHIVE}\n\ta.patch\n\tdemo.conf\n\t"\n'
        f'sha512sums="\n{OLD}  x\n{OLD}  a.patch\n{OLD}  demo.conf\n"\n',
        f'source="{ARCHIVE}\n\ta.patch\n\tnew.patch\n\tdemo.conf\n\t"\n'
        f'sha512sums="\n{OLD}  x\n{OLD}  a.patch\n{NEW}  new.patch\n{OLD}  demo.conf\n"\n',
    ),
    "before the quote": ('source="x\n\ta.patch"\n', 'source="x\n\ta.patch\n\tnew.patch"\n'),
    "on one line": ('source="a.patch"\n', 'source="a.patch new.patch"\n'),
    "as the first": (
        f'source="{ARCHIVE}"\nsha512sums="{OLD}  demo-1.2.3.tar.gz"\n',
        f'source="{ARCHIVE} new.patch"\nsha512sums="{OLD}  demo-1.2.3.tar.gz\n{NEW}  new.patch"\n',
    ),
    "where each is applied by hand": (
        'source="a.patch"\nprepare() {\n\tpatch -p0 < ../a.patch\n\tmake\n}\n',
        'source="a.patch new.patch"\n'
        'prepare() {\n\tpatch -p0 < ../a.patch\n\tpatch -p1 -i "$srcdir"/new.patch\n\tmake\n}\n',
    ),
}


@pytest.mark.parametrize(("before", "after"), ADDITIONS.values(), ids=ADDITIONS)
def test_a_patch_is_added(before: str, after: str) -> None:
    tree = package(HEAD + before)
    recipe = only(FORMAT, tree).adding(PatchName("new.patch"), PATCH)
    assert text(recipe, "main/demo/APKBUILD") == HEAD + after
    assert names(again(FORMAT, tree, recipe, "main/demo/APKBUILD"))[-1] == "new.patch"


MOVES = {
    "plain": ("pkgver=1.2.3\npkgrel=4\n", "2.0", "pkgver=2.0\npkgrel=0\n"),
    "quoted": ('pkgver="1.2.3"\npkgrel=0\n', "2.0", 'pkgver="2.0"\npkgrel=0\n'),
    "to a pre-release": ("pkgver=1.2.3\npkgrel=4\n", "2.0-rc.1", "pkgver=2.0_rc1\npkgrel=0\n"),
    "to a beta": ("pkgver=1.2.3\npkgrel=4\n", "2.0b2", "pkgver=2.0_beta2\npkgrel=0\n"),
    "to a patch level": ("pkgver=1.9.16_p2\npkgrel=4\n", "1.9.17p1", "pkgver=1.9.17_p1\npkgrel=0\n"),
    "by a variable": ("_ver=1.2.3\npkgver=$_ver\npkgrel=4\n", "2.0", "_ver=2.0\npkgver=$_ver\npkgrel=0\n"),
    "made from upstream's": (
        "_ver=1.0-rc1\npkgver=${_ver/-/_}\npkgrel=1\n",
        "2.0-rc2",
        "_ver=2.0-rc2\npkgver=${_ver/-/_}\npkgrel=0\n",
    ),
    "a part that the source needs": (
        'pkgver=1.2.3\npkgrel=4\n_line=1.2\n_abi=1.2\nsource="https://example.org/$_line/x-$pkgver.tar.gz"\n',
        "2.5.0",
        'pkgver=2.5.0\npkgrel=0\n_line=2.5\n_abi=1.2\nsource="https://example.org/$_line/x-$pkgver.tar.gz"\n',
    ),
    "a commit": (
        f'pkgver=1\npkgrel=4\n_commit={"a" * 40}\nsource="x-$pkgver.tar.gz::https://example.org/$_commit.tar.gz"\n',
        "2",
        f'pkgver=2\npkgrel=0\n_commit={COMMIT}\nsource="x-$pkgver.tar.gz::https://example.org/$_commit.tar.gz"\n',
    ),
    "only patches changed": ("pkgver=1.2.3\npkgrel=4\n", None, "pkgver=1.2.3\npkgrel=5\n"),
}


@pytest.mark.parametrize(("before", "version", "after"), MOVES.values(), ids=MOVES)
def test_an_apkbuild_moves(before: str, version: str | None, after: str) -> None:
    assert made(read(f"pkgname=demo\n{before}").moved(move(version))) == f"pkgname=demo\n{after}"


def test_a_patch_keeps_the_version_in_its_name() -> None:
    script = HEAD + 'source="$pkgname-${pkgver%.*}-fix.patch"\n'
    recipe = read(script, "demo-1.2-fix.patch").moved(move("2.0"))
    assert 'source="$pkgname-1.2-fix.patch"\n' in made(recipe)


def test_an_archive_is_fetched_and_checked() -> None:
    script = HEAD + f'source="{ARCHIVE}\n\ta.patch\n\t"\nsha512sums="\n{OLD}  demo-1.2.3.tar.gz\n{OLD}  a.patch\n"\n'
    moved = read(script).moved(move("2.0"))
    wanted = Download("https://example.org/demo-2.0.tar.gz", "sha512")
    assert moved.downloads() == (wanted,)
    checked = moved.checked({wanted: FILLED})
    assert checked.downloads() == ()
    assert made(checked).endswith(f'\n\t"\nsha512sums="\n{FILLED}  demo-2.0.tar.gz\n{OLD}  a.patch\n"\n')


def test_a_renamed_archive_and_one_that_stays() -> None:
    words = "demo-$pkgver.tgz::https://example.org/v$pkgver.tgz\n\thttps://example.org/data-7.tgz"
    script = HEAD + f'source="{words}"\nsha512sums="{OLD}  demo-1.2.3.tgz\n{OLD}  data-7.tgz"\n'
    moved = read(script).moved(move("2.0"))
    assert moved.downloads() == (Download("https://example.org/v2.0.tgz", "sha512"),)
    assert made(moved).endswith(f'sha512sums="{OLD}  demo-2.0.tgz\n{OLD}  data-7.tgz"\n')


def test_a_file_beside_it_that_states_the_version_goes_along() -> None:
    tree = repository({"d/APKBUILD": HEAD + 'source="demo-$pkgver.conf"\n', "d/demo-1.2.3.conf": "x"})
    changes = dict(only(FORMAT, tree).moved(move("2.0")).changes())
    assert (changes["d/demo-1.2.3.conf"], changes["d/demo-2.0.conf"]) == (None, b"x")


ORIGINS = {
    "a forge": ('source="https://github.com/acme/demo/archive/v$pkgver.tar.gz"', "git:https://github.com/acme/demo"),
    "its homepage": ('url="https://codeberg.org/acme/demo"\nsource="x.tar"', "git:https://codeberg.org/acme/demo"),
    "a page of archives": (f'source="{ARCHIVE}"', "tarball:https://example.org/demo-@VERSION@.tar.gz"),
    "nothing": ('source="x.tar"', "None"),
}


@pytest.mark.parametrize(("script", "upstream"), ORIGINS.values(), ids=ORIGINS)
def test_upstream_is_known(script: str, upstream: str) -> None:
    assert str(read(f"{HEAD}{script}\n").known.upstream) == upstream


def test_maintainers_are_known_in_both_forms() -> None:
    assert read(HEAD).known.owners == ("person@example.org",)
    assert read('pkgname=x\npkgver=1\npkgrel=0\nmaintainer="B <b@example.org>, C <c@example.org>"\n').known.owners == (
        "b@example.org",
        "c@example.org",
    )
    assert read("# Contributor: D <d@example.org>\n# Maintainer:\npkgname=x\npkgver=1\n").known.owners == ()


def test_what_is_not_judged_is_told() -> None:
    script = HEAD + 'source="far.patch::https://example.org/1.patch\n\tb.diff\n\ta.patch"\n'
    recipe = read(script, "a.patch", "b.diff")
    assert names(recipe) == ["a.patch"]
    assert "main/demo/APKBUILD:5: far.patch is fetched, and is no file here" in recipe.known.doubts
    assert "main/demo/APKBUILD:6: b.diff is listed, and nothing applies it" in recipe.known.doubts


REFUSED = {
    "a missing file": ('source="gone.patch"\n', "main/demo/APKBUILD:5: the file gone.patch is missing"),
    "a command in a name": (
        'source="$(id).patch"\n',
        "main/demo/APKBUILD:5: the name $(id).patch rests on the output of a command",
    ),
    "twice": ('source="a.patch\na.patch"\n', "main/demo/APKBUILD:6: a.patch is listed twice, first on line 5"),
    "an open quote": ('source="a.patch\n', "main/demo/APKBUILD:5: the value of source is not closed; close it"),
    "an open function": ("build() {\n\tmake\n", "main/demo/APKBUILD:5: the function build is not closed by a brace"),
    "a merge": ("<<<<<<< ours\n", "main/demo/APKBUILD:5: the mark of an unfinished merge; resolve the conflict"),
    "outside": ('source="../a.patch"\n', "HostileInput: main/demo/APKBUILD:5: '../a.patch' is no name for a patch"),
    "from the root": ('source="/a.patch"\n', "HostileInput: main/demo/APKBUILD:5: '/a.patch' is no name for a patch"),
    "an odd list of sums": ('sha512sums="abc"\n', "main/demo/APKBUILD:5: sha512sums is no list of digests and names"),
}


@pytest.mark.parametrize(("script", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_refused_with_its_line(script: str, told: str) -> None:
    assert told in complaint(FORMAT, package(HEAD + script))


def test_a_symlink_is_not_followed() -> None:
    tree = repository({"d/APKBUILD": HEAD + 'source="a.patch"\n'}, {"d/a.patch": "/etc/passwd"})
    assert "HostileInput: d/APKBUILD:5: d/a.patch is a symlink, which is not followed" in complaint(FORMAT, tree)


EDITS_REFUSED = {
    "in a loop": "prepare() {\n\tdefault_prepare\n\tfor i in a.patch; do patch -i $i; done\n}\n",
    "in a case": "prepare() {\n\tdefault_prepare\n\tcase $CARCH in\n\tx86) patch -p1 < ../a.patch;;\n\tesac\n}\n",
    "elsewhere": 'package() {\n\tmake\n\tinstall -m644 "$srcdir"/a.patch "$pkgdir"\n}\n',
    "alone in a function": 'build() {\n\tpatch -p1 -i "$srcdir"/a.patch\n}\n',
}


@pytest.mark.parametrize("script", EDITS_REFUSED.values(), ids=EDITS_REFUSED)
def test_a_drop_that_needs_a_person_is_refused(script: str) -> None:
    with pytest.raises(InputError, match=r"main/demo/APKBUILD:\d+: .*(named in a line that does more|would be empty)"):
        read(HEAD + 'source="a.patch"\n' + script).without(PatchName("a.patch"))


MOVES_REFUSED = {
    "a command": ("pkgver=$(date)\npkgrel=0\n", "2", "is made from others"),
    "twice": ("pkgver=1\npkgver=2\npkgrel=0\n", "3", "pkgver is not set once"),
    "no number": ("pkgver=1\npkgrel=$((1+2))\n", "2", "no number"),
    "no order": ("pkgver=1\npkgrel=0\n", "2.0+build", "no version that apk can order"),
    "a commit that nobody knows": (f'pkgver=1\npkgrel=0\n_c={"a" * 40}\nsource="$_c.tar"\n', "2", "_c pins a commit"),
    "a source of its own": (
        'pkgver=1.2.3\npkgrel=0\nsource="https://example.org/demo-1.2.3.tar.gz"\n',
        "2",
        "main/demo/APKBUILD:4: the source https://example.org/demo-1.2.3.tar.gz states the version by itself",
    ),
    "a hidden address": (
        f'pkgver=1\npkgrel=0\nsource="https://example.org/$_x/y.tgz"\nsha512sums="{OLD}  y.tgz"\n',
        "2",
        "rests on $_x, which nothing sets",
    ),
}


@pytest.mark.parametrize(("script", "version", "told"), MOVES_REFUSED.values(), ids=MOVES_REFUSED)
def test_a_move_that_needs_a_person_is_refused(script: str, version: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"pkgname=demo\n{script}").moved(move(version, commit=None))
    assert told in str(caught.value)


def test_packages_are_named_by_their_folders() -> None:
    tree = repository({f"{folder}/APKBUILD": HEAD for folder in ("main/x", "community/x", "main/y")})
    assert [place.name for place in FORMAT.find(tree, "")] == ["community-x", "main-x", "y"]


PIECES = (
    'source="a', 'b"', "x() {", "}", "case $x in", "esac", "if true; then", "fi", "pkgver=1", "_a='x", "'", "y=$(z",
    ")", "# c", "\t", "", "cat <<EOF", "EOF", "source+=q", "\\", "${a}", "\xe9",
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(PIECES) | st.text(max_size=8), st.sampled_from(["\n", "\r\n", ""]))))
def test_whatever_parses_is_given_back(pieces: list[tuple[str, str]]) -> None:
    content = "".join(piece + end for piece, end in pieces)
    try:
        script = parse(content, "APKBUILD")
    except InputError:
        return
    assert format(script) == content


@st.composite
def scripts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """An APKBUILD whose patches stand in source= in many manners; and their names."""
    count = draw(st.integers(1, 6))
    found = [f"p{n}.patch" for n in range(count)]
    gaps = st.sampled_from([" ", "\n\t", "\n", "  ", "\n\n\t"])
    words = [ARCHIVE, *found]
    if draw(st.booleans()):
        words.insert(draw(st.integers(0, count)), "demo.conf")
    source = draw(st.sampled_from(["", "\n\t"])) + words[0] + "".join(draw(gaps) + word for word in words[1:])
    sums = "".join(f"{OLD}  {name}\n" for name in ["demo-1.2.3.tar.gz", *found])
    end = draw(st.sampled_from(["", "\n", "\n\t", " "]))
    return f'{HEAD}source="{source}{end}"\nsha512sums="\n{sums}"\n', found


@given(scripts())
def test_each_patch_in_turn_goes_and_nothing_else(made_up: tuple[str, list[str]]) -> None:
    script, found = made_up
    tree = package(script, *found)
    recipe = only(FORMAT, tree)
    assert names(recipe) == found
    for name in found:
        after = recipe.without(PatchName(name))
        left = again(FORMAT, tree, after, "main/demo/APKBUILD")
        assert names(left) == [other for other in found if other != name]
        kept = [word for word in script.replace('"', ' " ').split() if word != name]
        expected = text(after, "main/demo/APKBUILD").replace('"', ' " ').split()
        assert len(kept) == len(expected) + 1, "its word went from source, its line from the checksums"
        assert set(expected) == set(kept)
