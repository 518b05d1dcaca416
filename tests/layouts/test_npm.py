"""Patched dependencies of a package.json: patch-package, pnpm, bun and yarn, read and edited as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipes import move

from syncbot.errors import HostileInput, InputError
from syncbot.layouts import jsontext
from syncbot.layouts.npm import NpmFormat, NpmRecipe
from syncbot.layouts.npm.names import admits, descriptor, file_name, ranged, yarn_file
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.recipe import Format, Listed, Move, Place, Recipe
from syncbot.model.ids import PatchName
from syncbot.model.packages import LockFile
from syncbot.model.releases import Upstream
from syncbot.model.trees import FILE, SYMLINK, MemoryTree

FORMAT = NpmFormat()
MANIFEST = "package.json"

PACKAGE = """\
{
  "name": "app",
  "scripts": { "postinstall": "patch-package" },
  "dependencies": {
    "@s/tool": "~2.0.0",
    "left": "^1.2.3",
    "other": "1.0.0"
  }
}
"""
FILES = {
    "patches/left+1.2.3.patch": "left",
    "patches/@s+tool+2.0.1+001+first.patch": "first",
    "patches/@s+tool+2.0.1+002+second.dev.patch": "second",
    "patches/outer++inner+0.1.0.patch": "inner",
    "patches/README.md": "what they are",
}
PNPM = """\
{
\t"name": "app",
\t"devDependencies": {"left": "1.2.3"},
\t"pnpm": {
\t\t"overrides": {},
\t\t"patchedDependencies": {
\t\t\t"left@1.2.3": "patches/left@1.2.3.patch",
\t\t\t"@s/tool": "patches/@s__tool.patch"
\t\t}
\t}
}"""
PNPM_FILES = {"patches/left@1.2.3.patch": "left", "patches/@s__tool.patch": "tool", "pnpm-lock.yaml": ""}
WORKSPACE = """\
packages:
  - packages/*

# Ours.
patchedDependencies:
  '@s/tool': patches/@s__tool.patch
  left@1.2.3: patches/left@1.2.3.patch

catalog:
  left: ^1.2.3
"""
YARN = """\
{
  "dependencies": {
    "left": "patch:left@npm%3A1.2.3#~/.yarn/patches/left-npm-1.2.3-0123456789.patch",
    "other": "1.0.0"
  },
  "resolutions": {
    "@s/tool@^2.0.0": "patch:@s/tool@npm:2.0.1#./.yarn/patches/tool.patch",
    "@s/tool@npm:2.0.1": "patch:@s/tool@npm:2.0.1#./.yarn/patches/tool.patch"
  }
}
"""
YARN_FILES = {
    ".yarn/patches/left-npm-1.2.3-0123456789.patch": "left",
    ".yarn/patches/tool.patch": "tool",
    "yarn.lock": "",
}


def tree(manifest: str | bytes, files: Mapping[str, str]) -> MemoryTree:
    content = manifest.encode() if isinstance(manifest, str) else manifest
    return MemoryTree({MANIFEST: (FILE, content)} | {path: (FILE, text.encode()) for path, text in files.items()})


def read(name: str, manifest: str | bytes = PACKAGE, files: Mapping[str, str] = FILES) -> NpmRecipe:
    return FORMAT.read(tree(manifest, files), Place(name, MANIFEST))


def texts(recipe: Recipe) -> dict[str, str | None]:
    return {path: None if content is None else content.decode() for path, content in recipe.changes().items()}


def to(version: str | None) -> Move:
    return Move(version, None, "A Person <a@example.org>", datetime(2026, 1, 2, tzinfo=UTC))


def without(text: str, lines: str, instead: str = "") -> str:
    assert text.count(lines) == 1, lines
    return text.replace(lines, instead)


def test_each_patched_dependency_is_a_package() -> None:
    files = FILES | {f"apps/x/{path}": text for path, text in FILES.items()} | {"apps/x/package.json": PACKAGE}
    files |= {"node_modules/dep/package.json": PACKAGE, "docs/package.json": "{}"}
    format_: Format = FORMAT
    places = list(format_.find(tree(PACKAGE, files), ""))
    assert [(place.name, place.path) for place in places] == [
        ("apps/x/@s/tool", "apps/x/package.json"),
        ("apps/x/left", "apps/x/package.json"),
        ("apps/x/outer++inner", "apps/x/package.json"),
        ("@s/tool", MANIFEST),
        ("left", MANIFEST),
        ("outer++inner", MANIFEST),
    ]
    recipe: Recipe = FORMAT.read(tree(PACKAGE, files), places[1])
    assert recipe.patches == (Listed(PatchName("left.patch"), "apps/x/patches/left+1.2.3.patch", 3),)
    assert recipe.known.upstream == Upstream("npm", "left")


def test_names_stay_the_same_in_every_release_and_say_how_deep_the_files_lie() -> None:
    assert read("@s/tool").patches == (
        Listed(PatchName("@s+tool+001+first.patch"), "patches/@s+tool+2.0.1+001+first.patch", 4),
        Listed(PatchName("@s+tool+002+second.dev.patch"), "patches/@s+tool+2.0.1+002+second.dev.patch", 4),
    )
    assert read("outer++inner").patches == (
        Listed(PatchName("outer++inner.patch"), "patches/outer++inner+0.1.0.patch", 5),
    )
    assert [p.strip for p in read("left", PNPM, PNPM_FILES).patches] == [1]


FILE_NAMES = {
    "left+1.2.3.patch": ("left", "1.2.3"),
    "@s+tool+1.2.3-beta.4.patch": ("@s/tool", "1.2.3-beta.4"),
    "@s/tool+1.2.3.patch": ("@s/tool", "1.2.3"),
    "a++@s+b+1.0.0.dev.patch": ("a++@s/b", "1.0.0"),
    "left+1.2.3+001.patch": ("left", "1.2.3"),
    "left@1.2.3.patch": None,
    "0001-fix.patch": None,
    "left.patch": None,
    "left+1.2.3.diff": None,
    "@s+tool.patch": None,
    "sub/left+1.2.3.patch": None,
}


@pytest.mark.parametrize(("name", "expected"), FILE_NAMES.items())
def test_file_names_of_patch_package(name: str, expected: tuple[str, str] | None) -> None:
    found = file_name(name)
    assert (found and (found.key, found.version)) == expected
    assert found is None or found.at(found.version) == name


DESCRIPTORS = (
    "patch:left@npm%3A1.2.3#~/.yarn/patches/left.patch",
    "patch:@s/tool@npm:^1.2.3#./a.patch&optional!builtin<compat/tool>",
    "patch:left@1.2.3#./a.patch::version=1.2.3&hash=012345",
)


@pytest.mark.parametrize("text", DESCRIPTORS)
def test_yarns_descriptors_are_given_back_as_they_were(text: str) -> None:
    assert str(descriptor(text)) == text


YARN_NAMES = {
    ("@types/mdx", "2.0.14"): "@types-mdx-npm-2.0.14-ebb2ecb0d6.patch",
    ("lru-cache", "10.4.3"): "lru-cache-npm-10.4.3-30c10b861a.patch",
}
"""As yarn itself named them."""


@pytest.mark.parametrize(("package", "version", "expected"), [(*k, v) for k, v in YARN_NAMES.items()])
def test_a_moved_patch_has_the_name_that_yarn_would_give_it(package: str, version: str, expected: str) -> None:
    before = f"{package.replace('/', '-')}-npm-1.0.0-0123456789.patch"
    assert yarn_file(before, package, "1.0.0", version) == expected
    assert yarn_file("mine.patch", package, "1.0.0", version) == "mine.patch"


RANGES = {
    ("^1.2.3", "1.3.0"): "^1.3.0",
    ("~1.2.3", "2.0.0"): "~2.0.0",
    ("1.2.3", "1.3.0-rc.1"): "1.3.0-rc.1",
    (">=1.2.3", "1.3.0"): ">=1.3.0",
    ("^1", "1.3.0"): "^1",
    ("^1.2", "1.3.0"): "^1.3.0",
    ("1.x", "1.3.0"): None,
    ("*", "1.3.0"): None,
    ("1 || 2", "2.0.0"): None,
}


@pytest.mark.parametrize(("wanted", "version", "expected"), [(*k, v) for k, v in RANGES.items()])
def test_a_range_keeps_its_habit(wanted: str, version: str, expected: str | None) -> None:
    assert ranged(wanted, version) == expected


ADMITTED = {
    ("^1.2.3", "1.9.0"): True,
    ("^1.2.3", "2.0.0"): False,
    ("^0.2.3", "0.3.0"): False,
    ("~1.2.3", "1.2.9"): True,
    ("~1.2.3", "1.3.0"): False,
    ("1.2.3", "1.2.4"): False,
    (">=1.2.3", "3.0.0"): True,
    ("^1.2.3", "1.2.2"): False,
    ("*", "1.0.0"): False,
}


@pytest.mark.parametrize(("wanted", "version", "expected"), [(*k, v) for k, v in ADMITTED.items()])
def test_what_a_range_admits(wanted: str, version: str, expected: bool) -> None:
    assert admits(wanted, version) is expected


EDITS: dict[str, tuple[NpmRecipe, dict[str, str | None]]] = {
    "patch-package, drop": (
        read("left").without(PatchName("left.patch")),
        {"patches/left+1.2.3.patch": None},
    ),
    "patch-package, move": (
        read("left").moved(to("1.3.0")),
        {
            "patches/left+1.2.3.patch": None,
            "patches/left+1.3.0.patch": "left",
            MANIFEST: without(PACKAGE, "^1.2.3", "^1.3.0"),
        },
    ),
    "patch-package, drop one and move": (
        read("@s/tool").without(PatchName("@s+tool+001+first.patch")).moved(to("2.1.0")),
        {
            "patches/@s+tool+2.0.1+001+first.patch": None,
            "patches/@s+tool+2.0.1+002+second.dev.patch": None,
            "patches/@s+tool+2.1.0+002+second.dev.patch": "second",
            MANIFEST: without(PACKAGE, "~2.0.0", "~2.1.0"),
        },
    ),
    "patch-package, one that others bring": (
        read("outer++inner").moved(to("0.2.0")),
        {"patches/outer++inner+0.1.0.patch": None, "patches/outer++inner+0.2.0.patch": "inner"},
    ),
    "patch-package, rewrite and move": (
        read("left").rewritten(PatchName("left.patch"), b"new").moved(to("1.3.0")),
        {
            "patches/left+1.2.3.patch": None,
            "patches/left+1.3.0.patch": "new",
            MANIFEST: without(PACKAGE, "^1.2.3", "^1.3.0"),
        },
    ),
    "pnpm, drop": (
        read("left", PNPM, PNPM_FILES).without(PatchName("left.patch")),
        {
            "patches/left@1.2.3.patch": None,
            MANIFEST: without(PNPM, '"left@1.2.3": "patches/left@1.2.3.patch",\n\t\t\t'),
        },
    ),
    "pnpm, drop the last": (
        read("@s/tool", PNPM, PNPM_FILES).without(PatchName("@s__tool.patch")),
        {
            "patches/@s__tool.patch": None,
            MANIFEST: without(PNPM, ',\n\t\t\t"@s/tool": "patches/@s__tool.patch"'),
        },
    ),
    "pnpm, move": (
        read("left", PNPM, PNPM_FILES).moved(to("1.3.0")),
        {
            "patches/left@1.2.3.patch": None,
            "patches/left@1.3.0.patch": "left",
            MANIFEST: PNPM.replace("1.2.3", "1.3.0"),
        },
    ),
    "pnpm workspace, drop": (
        read("left", "{}", PNPM_FILES | {"pnpm-workspace.yaml": WORKSPACE}).without(PatchName("left.patch")),
        {
            "patches/left@1.2.3.patch": None,
            "pnpm-workspace.yaml": without(WORKSPACE, "  left@1.2.3: patches/left@1.2.3.patch\n"),
        },
    ),
    "pnpm workspace, move with the catalog": (
        read(
            "left",
            '{"dependencies": {"left": "catalog:"}}',
            PNPM_FILES | {"pnpm-workspace.yaml": WORKSPACE, "packages/x/package.json": '{"dependencies":{"left":"1"}}'},
        ).moved(to("1.3.0")),
        {
            "patches/left@1.2.3.patch": None,
            "patches/left@1.3.0.patch": "left",
            "pnpm-workspace.yaml": WORKSPACE.replace("1.2.3", "1.3.0"),
        },
    ),
    "yarn, drop": (
        read("left", YARN, YARN_FILES).without(PatchName("left.patch")),
        {
            ".yarn/patches/left-npm-1.2.3-0123456789.patch": None,
            MANIFEST: without(YARN, "patch:left@npm%3A1.2.3#~/.yarn/patches/left-npm-1.2.3-0123456789.patch", "1.2.3"),
        },
    ),
    "yarn, drop the resolutions": (
        read("@s/tool", YARN, YARN_FILES).without(PatchName("@s-tool.patch")),
        {".yarn/patches/tool.patch": None, MANIFEST: YARN[: YARN.index(',\n  "resolutions"')] + "\n}\n"},
    ),
    "yarn, move": (
        read("left", YARN, YARN_FILES).moved(to("1.3.0")),
        {
            ".yarn/patches/left-npm-1.2.3-0123456789.patch": None,
            ".yarn/patches/left-npm-1.3.0-2d89642cc1.patch": "left",
            MANIFEST: YARN.replace("%3A1.2.3", "%3A1.3.0").replace("1.2.3-0123456789", "1.3.0-2d89642cc1"),
        },
    ),
    "yarn, move the resolutions": (
        read("@s/tool", YARN, YARN_FILES).moved(to("2.1.0")),
        {MANIFEST: YARN.replace("2.0.1", "2.1.0")},
    ),
}


@pytest.mark.parametrize(("recipe", "expected"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_what_it_must(recipe: NpmRecipe, expected: dict[str, str | None]) -> None:
    assert texts(recipe) == expected


def test_when_all_are_gone_so_is_the_table() -> None:
    recipe = read("left", PNPM, PNPM_FILES).without(PatchName("left.patch"))
    rest = FORMAT.read(Overlay(tree(PNPM, PNPM_FILES), recipe.changes()), Place("@s/tool", MANIFEST))
    assert json.loads(texts(rest.without(PatchName("@s__tool.patch")))[MANIFEST] or "")["pnpm"] == {"overrides": {}}
    files = PNPM_FILES | {"pnpm-workspace.yaml": without(WORKSPACE, "  '@s/tool': patches/@s__tool.patch\n")}
    left = texts(read("left", "{}", files).without(PatchName("left.patch")))["pnpm-workspace.yaml"]
    assert left == "packages:\n  - packages/*\n\ncatalog:\n  left: ^1.2.3\n"


def test_a_dropped_patch_may_come_back() -> None:
    gone = read("left").without(PatchName("left.patch"))
    assert gone.version == "1.2.3"
    assert gone.adding(PatchName("left.patch"), b"left").changes() == {}
    more = read("@s/tool").adding(PatchName("@s+tool+003+third.patch"), b"x")
    assert more.changes() == {"patches/@s+tool+2.0.1+003+third.patch": b"x"}


def test_a_dropped_patch_comes_back_into_the_table() -> None:
    gone = read("@s/tool", PNPM.replace('tool"', 'tool@2.0.1"'), PNPM_FILES).without(PatchName("@s__tool.patch"))
    manifest = texts(gone)[MANIFEST] or ""
    files = PNPM_FILES | {"pnpm-lock.yaml": LOCKED["pnpm-lock.yaml"]}
    back = read("@s/tool", manifest, files).adding(PatchName("@s__tool.patch"), b"x")
    expected = PNPM.replace('@s/tool": "patches/@s__tool', '@s/tool@2.0.7": "patches/@s__tool@2.0.7')
    assert texts(back) == {"patches/@s__tool@2.0.7.patch": "x", MANIFEST: expected}
    rest = WORKSPACE.replace("  '@s/tool': patches/@s__tool.patch\n", "")
    again = read("@s/tool", "{}", files | {"pnpm-workspace.yaml": rest}).adding(PatchName("@s__tool.patch"), b"x")
    line = "  left@1.2.3: patches/left@1.2.3.patch\n"
    assert texts(again)["pnpm-workspace.yaml"] == rest.replace(
        line, f"{line}  '@s/tool@2.0.7': patches/@s__tool@2.0.7.patch\n"
    )


LOCK_FILES = {
    "pnpm-lock.yaml": "pnpm install",
    "yarn.lock": "yarn install",
    "bun.lock": "bun install",
    "package-lock.json": "npm install",
}


@pytest.mark.parametrize(("lock", "command"), LOCK_FILES.items())
def test_the_lock_file_is_left_to_the_package_manager(lock: str, command: str) -> None:
    recipe: Recipe = read("left", PACKAGE, FILES | {lock: ""}).moved(to("1.3.0"))
    assert (recipe.known.lock, recipe.known.by_hand) == (LockFile(lock, command), ())
    assert lock not in recipe.changes()


def test_a_resolution_follows_the_range_that_it_is_of() -> None:
    manifest = """{
  "workspaces": ["apps/*"],
  "devDependencies": { "left": "^1.2.0" },
  "resolutions": {
    "left@^1.2.0": "patch:left@npm:^1.2.0#./.yarn/patches/left-npm-1.2.3-0123456789.patch",
    "left@npm:^1.1.0": "patch:left@npm:1.2.3#./.yarn/patches/left-npm-1.2.3-0123456789.patch"
  }
}
"""
    files = {".yarn/patches/left-npm-1.2.3-0123456789.patch": "left", "yarn.lock": ""}
    made = texts(read("left", manifest, files).moved(to("1.3.0")))[MANIFEST]
    assert made is not None
    assert list(json.loads(made)["resolutions"]) == ["left@^1.3.0", "left@npm:^1.1.0"]
    assert json.loads(made)["devDependencies"] == {"left": "^1.3.0"}


WORKSPACES = {
    "a workspace's package.json": ({"apps/web/package.json": '{"dependencies": {"inner": "^0.1.0"}}'}, True),
    "one that asks for another line": ({"apps/web/package.json": '{"dependencies": {"inner": "^3.0.0"}}'}, False),
    "none": ({"apps/web/package.json": "{}"}, False),
}


@pytest.mark.parametrize(("files", "named"), WORKSPACES.values(), ids=WORKSPACES)
def test_a_dependency_of_a_workspace_moves_there(files: dict[str, str], named: bool) -> None:
    manifest = '{"workspaces": ["apps/*"], "scripts": {"postinstall": "patch-package"}}'
    recipe = read("inner", manifest, {"patches/inner+0.1.0.patch": "x", "yarn.lock": "", **files})
    assert (recipe.known.lock is not None, recipe.known.by_hand == ()) == (named, named)
    moved = recipe.moved(to("0.1.5"))
    assert ("apps/web/package.json" in texts(moved)) is named


def test_what_others_bring_must_be_updated_by_hand() -> None:
    recipe = read("outer++inner", PACKAGE, FILES | {"package-lock.json": "{}"}).moved(to("0.2.0"))
    assert recipe.known.lock is None
    assert recipe.known.by_hand == (
        "package.json does not name inner: run `npm update inner`, and see which version it gives",
        "run `npm install`: package-lock.json is not edited",
    )


LOCKED = {
    "pnpm-lock.yaml": "packages:\n\n  '@s/tool@2.0.7':\n    resolution: {}\n",
    "yarn.lock": '"@s/tool@^2.0.0":\n  version "2.0.7"\n',
    "package-lock.json": '{"packages": {\n"node_modules/@s/tool": {\n  "version": "2.0.7"}}}',
}


@pytest.mark.parametrize(("lock", "content"), LOCKED.items(), ids=LOCKED)
def test_the_version_comes_from_the_lock_file_where_the_name_says_none(lock: str, content: str) -> None:
    assert read("@s/tool", PNPM, PNPM_FILES | {"pnpm-lock.yaml": ""} | {lock: content}).version == (
        "2.0.7" if lock == "pnpm-lock.yaml" else None
    )
    plain = {path: text for path, text in PNPM_FILES.items() if path != "pnpm-lock.yaml"}
    recipe = read("@s/tool", PNPM, plain | {lock: content})
    assert recipe.version == "2.0.7"
    with pytest.raises(InputError, match="nothing but the lock file says which version"):
        recipe.moved(to("2.1.0"))
    any_ = read("@s/tool", PNPM.replace('"@s/tool"', '"@s/tool@*"'), plain | {lock: content})
    assert any_.version == "2.0.7"
    with pytest.raises(InputError, match="nothing but the lock file says which version"):
        any_.moved(to("2.1.0"))


def test_no_drop_without_its_release_of_a_dependency_that_others_bring() -> None:
    dropped = read("outer++inner").without(PatchName("outer++inner.patch"))
    with pytest.raises(InputError, match=r"package\.json does not name inner, so it cannot be moved"):
        dropped.moved(move("0.2.0", "outer++inner.patch"))


KNOWN = {
    '{"dependencies": {"left": "npm:real@^1.0.0"}}': Upstream("npm", "real"),
    '{"dependencies": {"left": "github:o/left"}}': None,
    '{"dependencies": {"left": "file:../left"}}': None,
    "{}": Upstream("npm", "left"),
}


@pytest.mark.parametrize(("manifest", "upstream"), KNOWN.items())
def test_where_it_comes_from(manifest: str, upstream: Upstream | None) -> None:
    known = read("left", manifest, {}).known
    assert known.upstream == upstream
    assert bool(known.doubts) is (upstream != Upstream("npm", "real"))


REFUSED = {
    "no JSON": ('{"patch-package": 1,}', FILES, f"{MANIFEST}:1: it is no JSON"),
    "a comment": ("{\n// patch-package\n}", FILES, f"{MANIFEST}:2: it is no JSON"),
    "a list": ('["patch-package"]', FILES, f"{MANIFEST}:1: it is no JSON: it is no object"),
    "a conflict": (PACKAGE.replace("  }\n", "<<<<<<< ours\n  }\n"), FILES, f"{MANIFEST}:8: the mark of an unfinished"),
    "not UTF-8": (PACKAGE.encode() + b"\xff", FILES, f"{MANIFEST}:10: byte 0xff is not UTF-8"),
    "a missing patch": (PNPM, {}, f"{MANIFEST}:7: the file patches/left@1.2.3.patch is missing"),
    "a way out": (PNPM.replace("patches/left", "../left"), {}, f"{MANIFEST}:7: ../left@1.2.3.patch leaves the repos"),
    "an absolute path": (PNPM.replace("patches/left", "/etc/left"), {}, f"{MANIFEST}:7: '/etc/left@1.2.3.patch' is no"),
    "a patch of a patch": (
        YARN.replace("npm%3A1.2.3", "patch%3Aleft@npm%253A1.2.3%23a.patch"),
        YARN_FILES,
        f"{MANIFEST}:3: ",
    ),
    "two versions": (PACKAGE, FILES | {"patches/left+1.2.4.patch": ""}, "left is patched in several versions"),
    "deep": ('{"a":' + "[" * 99 + "]" * 99 + "}", FILES, "nested more than"),
}


@pytest.mark.parametrize(("manifest", "files", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_without_loss_is_refused_with_its_line(
    manifest: str | bytes, files: Mapping[str, str], complaint: str
) -> None:
    with pytest.raises(InputError) as caught:
        read("left", manifest, files)
    assert complaint in str(caught.value)


def test_a_symlink_is_not_followed() -> None:
    found = MemoryTree({MANIFEST: (FILE, PACKAGE.encode()), "patches/left+1.2.3.patch": (SYMLINK, b"/etc/passwd")})
    with pytest.raises(HostileInput, match=r"left\+1\.2\.3\.patch is or passes through a symlink"):
        FORMAT.read(found, Place("left", MANIFEST))


NUMBERED = "number the one that is there"
NOT_ADDED = {
    "a second one": (PACKAGE, FILES, "left+002+more.patch", NUMBERED),
    "of another package": (PACKAGE, FILES, "other.patch", "is no name that patch-package knows"),
    "to pnpm's": (PNPM, PNPM_FILES, "left.patch", "cannot be added to what the package manager keeps"),
    "to yarn's": (YARN, YARN_FILES, "left-2.patch", "cannot be added to what the package manager keeps"),
}


@pytest.mark.parametrize(("manifest", "files", "name", "complaint"), NOT_ADDED.values(), ids=NOT_ADDED)
def test_what_the_tool_could_not_apply_is_not_added(
    manifest: str, files: Mapping[str, str], name: str, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        read("left", manifest, files).adding(PatchName(name), b"x")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from([None, 2, "\t"]), st.booleans())
def test_the_json_reader_sees_what_json_sees(value: dict[str, object], indent: int | str | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)

    def plain(node: jsontext.Node) -> object:
        if isinstance(node, jsontext.Object):
            return {key.value: plain(inner) for key, inner in node.members}
        if isinstance(node, jsontext.Array):
            return [plain(inner) for inner in node.items]
        return json.loads(text[node.start : node.end])

    assert plain(jsontext.parse("x.json", text)) == value


@given(st.text(alphabet='{}[]",: 01\\atrue\n', max_size=30))
def test_what_json_refuses_the_reader_refuses(text: str) -> None:
    try:
        expected = isinstance(json.loads(text), dict)
    except ValueError:
        expected = False
    try:
        jsontext.parse("x.json", text)
        found = True
    except InputError:
        found = False
    assert found is expected


PATCHED = st.dictionaries(st.sampled_from("pqrstuvw"), st.integers(0, 9), min_size=1, max_size=5)


@given(PATCHED, st.sampled_from([None, 2, "\t"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_dropping_each_patch_in_turn_leaves_the_rest(
    patched: dict[str, int], indent: int | str | None, newline: str, bom: bool
) -> None:
    table = {f"{name}@1.0.{n}": f"patches/{name}.patch" for name, n in patched.items()}
    value = {"name": "app", "pnpm": {"patchedDependencies": table}, "version": "1"}
    text = ("\ufeff" if bom else "") + json.dumps(value, indent=indent).replace("\n", newline)
    whole = tree(text, {f"patches/{name}.patch": name for name in patched})
    assert [place.name for place in FORMAT.find(whole, "")] == list(patched)
    for name in patched:
        recipe = FORMAT.read(whole, Place(name, MANIFEST))
        assert recipe.changes() == {}
        changed = recipe.without(PatchName(f"{name}.patch")).changes()
        assert changed[f"patches/{name}.patch"] is None
        after = Overlay(whole, changed)
        assert [place.name for place in FORMAT.find(after, "")] == [one for one in patched if one != name]
        left = (changed[MANIFEST] or b"").decode()
        rest = {key: path for key, path in table.items() if not key.startswith(f"{name}@")}
        expected = value | {"pnpm": {"patchedDependencies": rest}}
        if not rest:
            del expected["pnpm"]
        assert left == ("\ufeff" if bom else "") + json.dumps(expected, indent=indent).replace("\n", newline)
