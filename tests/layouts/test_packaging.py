"""What holds for every packaging format: what settings say, what is recognised, what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pytest

from syncbot.errors import Fault, InputError
from syncbot.layouts import LAYOUTS, NATIVE
from syncbot.layouts.formats import FORMATS, open_format
from syncbot.layouts.packaging import PackagingLayout
from syncbot.layouts.recipe import Download, Known, Listed, Move, Place
from syncbot.layouts.recognise import recognise
from syncbot.layouts.saying import Ground
from syncbot.layouts.survey import survey
from syncbot.model.ids import PatchName
from syncbot.model.packages import Mode, Policy
from syncbot.model.releases import Upstream
from syncbot.model.trees import MemoryTree, Tree
from syncbot.model.verdicts import Action

from .packaging import after, complaints, drop, edit, only, text, to, tree


@dataclass(frozen=True, slots=True)
class Lines:
    """A recipe of lines: `version X`, `sum HEX`, `patch NAME`."""

    path: str
    before: str
    now: str
    gone: tuple[str, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()
    unchecked: bool = False
    lies: bool = False

    @property
    def version(self) -> str | None:
        return next((word.split()[1] for word in self.now.splitlines() if word.startswith("version")), None)

    @property
    def patches(self) -> tuple[Listed, ...]:
        found = [line.split()[1] for line in self.now.splitlines() if line.startswith("patch")]
        return tuple(Listed(PatchName(name), f"{self.path.rpartition('/')[0]}/{name}") for name in found)

    @property
    def known(self) -> Known:
        return Known(owners=("them@example.org",), doubts=("it says nothing of upstream",))

    def without(self, name: PatchName) -> Lines:
        if self.lies:
            return self
        path = next(listed.path for listed in self.patches if listed.name == name)
        return replace(self, now=self.now.replace(f"patch {name}\n", ""), gone=(*self.gone, path))

    def rewritten(self, name: PatchName, content: bytes) -> Lines:
        path = next(listed.path for listed in self.patches if listed.name == name)
        return replace(self, files=(*self.files, (path, content)))

    def adding(self, name: PatchName, content: bytes) -> Lines:
        made = replace(self, now=f"{self.now}patch {name}\n")
        return made.rewritten(name, content)

    def moved(self, move: Move) -> Lines:
        said = "".join(f"# {note.name}\n" for note in move.notes)
        now = (
            self.now if move.version is None else self.now.replace(f"version {self.version}", f"version {move.version}")
        )
        return replace(self, now=now + said, unchecked="sum " in now)

    def downloads(self) -> tuple[Download, ...]:
        return (Download(f"https://example.org/{self.version}.tar", "sha256"),) if self.unchecked else ()

    def checked(self, digests: Mapping[Download, str]) -> Lines:
        [digest] = digests.values()
        lines = [f"sum {digest}" if line.startswith("sum ") else line for line in self.now.splitlines()]
        return replace(self, now="\n".join(lines) + "\n", unchecked=False)

    def changes(self) -> Mapping[str, bytes | None]:
        made: dict[str, bytes | None] = dict.fromkeys(self.gone)
        made |= dict(self.files)
        return made if self.now == self.before else made | {self.path: self.now.encode()}


class LinesFormat:
    name = "lines"

    def __init__(self, *, lies: bool = False) -> None:
        self._lies = lies

    def find(self, tree: Tree, folder: str) -> Iterable[Place]:
        prefix = f"{folder}/" if folder else ""
        found = sorted(path for path in tree.paths() if path.startswith(prefix) and path.endswith("/RECIPE"))
        return [Place(path.split("/")[-2], path) for path in found]

    def read(self, tree: Tree, place: Place) -> Lines:
        content = (tree.read(place.path) or b"").decode()
        if "broken" in content:
            raise InputError("it is broken", "mend it", path=place.path)
        return Lines(place.path, content, content, lies=self._lies)


RECIPE = "version 1.0\nsum 00\npatch a.patch\npatch b.patch\n"
PATCH = b"--- a/x\n+++ b/x\n"
TOML = '# ours\n[packages.demo]\nupstream = "git:https://example.org/demo.git" # there\n'


def digest(download: Download) -> str:
    return hashlib.new(download.algorithm, download.url.encode()).hexdigest()


KEPT = PackagingLayout(LinesFormat(), Ground(digest=digest))


def repository(recipe: str = RECIPE, settings: str = TOML, **more: str) -> MemoryTree:
    files: dict[str, str | bytes] = {
        "demo/RECIPE": recipe,
        "demo/a.patch": PATCH,
        "demo/b.patch": PATCH,
        "syncbot.toml": settings,
    }
    return tree(files | {path.replace("__", "/"): content for path, content in more.items()})


def test_a_move_pins_what_was_really_downloaded() -> None:
    files = repository()
    changes = KEPT.edit(files, only(KEPT, files), (edit(Action.DROP, "a.patch"),), to("1.1", drop("a.patch")))
    wanted = hashlib.sha256(b"https://example.org/1.1.tar").hexdigest()
    assert text(after(files, changes), "demo/RECIPE") == f"version 1.1\nsum {wanted}\npatch b.patch\n# a.patch\n"
    assert changes["demo/a.patch"] is None


def test_decisions_after_the_move_are_not_told_again_and_cost_no_download() -> None:
    files = repository()
    kept = PackagingLayout(LinesFormat())
    assert kept.edit(files, only(kept, files), (), to(None)) == {}
    with pytest.raises(InputError, match="cannot be fetched here"):
        kept.edit(files, only(kept, files), (), to("1.1"))


def test_an_edit_that_does_not_read_back_as_planned_is_a_fault() -> None:
    files = repository()
    lying = PackagingLayout(LinesFormat(lies=True))
    with pytest.raises(Fault, match="does not read back as it was planned"):
        lying.edit(files, only(lying, files), (edit(Action.DROP, "a.patch"),), to(None))


def test_what_a_recipe_cannot_say_stands_in_the_settings() -> None:
    said = TOML + 'range = "1.*"\nmode = "observe"\nowners = ["me@example.org"]\nprivate = true\n'
    said += (
        'tag-pattern = "^v(.*)"\nhistory = "git:https://example.org/h.git"\n[packages.demo.keep]\n"b.patch" = "ours"\n'
    )
    package = only(KEPT, repository(settings=said))
    assert (package.range, package.policy.mode, package.owners) == ("1.*", Mode.OBSERVE, ("me@example.org",))
    assert (package.private, package.tag_pattern, str(package.history)) == (
        True,
        "^v(.*)",
        "git:https://example.org/h.git",
    )
    assert [patch.keep for patch in package.series] == [None, "ours"]
    assert (package.settings_file, package.keep_table) == ("syncbot.toml", "packages.demo.keep")
    assert package.files == ("demo/RECIPE", "demo/a.patch", "demo/b.patch", "syncbot.toml")


@pytest.mark.parametrize(("name", "table"), [("libdemo1.6", '"libdemo1.6"'), ("@demo", '"@demo"'), ("a_b-c", "a_b-c")])
def test_the_table_that_people_are_told_of_is_the_one_that_is_read(name: str, table: str) -> None:
    """A dot in a bare key would make two tables of it."""
    files: dict[str, str | bytes] = {f"{name}/RECIPE": RECIPE, f"{name}/a.patch": PATCH, f"{name}/b.patch": PATCH}
    [unknown] = complaints(KEPT, tree(files))
    assert f"under [packages.{table}] in syncbot.toml" in unknown
    said = f'[packages.{table}]\nupstream = "git:https://example.org/demo.git"\n'
    package = only(KEPT, tree(files | {"syncbot.toml": said}))
    with pytest.raises(InputError) as error:
        KEPT.new_package(tree(files | {"syncbot.toml": said}), "", name, Upstream("npm", "demo"), None)
    assert error.value.remedy == f"edit [packages.{table}] in syncbot.toml"
    pinned = f'{said}[{package.keep_table}]\n"b.patch" = "ours"\n'
    assert [p.keep for p in only(KEPT, tree(files | {"syncbot.toml": pinned})).series] == [None, "ours"]


def test_settings_that_lie_elsewhere_are_read_and_pins_go_into_the_repository() -> None:
    kept = PackagingLayout(LinesFormat(), Ground(outer=TOML.encode(), outer_path="/bot/syncbot.toml"))
    files = MemoryTree(
        {p: (0o100644, repository().read(p) or b"") for p in repository().paths() if p != "syncbot.toml"}
    )
    changes = kept.pin(files, only(kept, files), "a.patch", "ours\nfor good")
    assert changes == {"syncbot.toml": b'[packages.demo.keep]\n"a.patch" = "ours for good"\n'}
    assert [p.keep for p in only(kept, after(files, changes)).series] == ["ours for good", None]


def test_commands_of_a_repository_elsewhere_are_not_run() -> None:
    kept = PackagingLayout(LinesFormat(), Ground(outer=TOML.encode(), outer_path="/bot/syncbot.toml"))
    [said] = complaints(kept, repository(settings='[packages.demo]\nverify = ["make"]\n'))
    assert said.startswith("demo: syncbot.toml:2: commands that a repository elsewhere names are not run; write them")
    assert only(KEPT, repository(settings=TOML + 'verify = ["make"]\n')).policy.verify == ("make",)


def test_a_pinned_patch_is_not_dropped() -> None:
    files = repository(settings=TOML + '[packages.demo.keep]\n"a.patch" = "ours"\n')
    with pytest.raises(InputError, match=r"a\.patch is pinned and cannot be dropped: ours"):
        KEPT.edit(files, only(KEPT, files), (edit(Action.DROP, "a.patch"),), to("1.1"))


def test_packages_without_patches_are_left_alone_unless_somebody_names_them() -> None:
    files = repository(recipe="version 1.0\n", settings="")
    assert KEPT.read(files, "", Policy()).packages == ()
    assert only(KEPT, repository(recipe="version 1.0\n")).series == ()


def test_one_bad_package_does_not_stop_the_others() -> None:
    files = repository(bad__RECIPE="broken", twin__demo__RECIPE=RECIPE.replace("1.0", "2.0"))
    said = complaints(KEPT, files)
    where = "demo/RECIPE, twin/demo/RECIPE"
    assert said == [
        "bad: bad/RECIPE: it is broken; mend it",
        *[f"demo: two packages are named demo ({where}); set the folder to look in: downstream.path"] * 2,
    ]
    assert only(KEPT, files, "demo").name == "demo"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            repository(settings=""),
            "demo/RECIPE: it is not known where its upstream is (it says nothing of upstream); write",
        ),
        (repository(settings=TOML + "owner = 1\n"), 'syncbot.toml:4: unknown key "owner"; did you mean "owners"?'),
        (
            repository(settings=TOML.replace("git:https", "ext::https")),
            "syncbot.toml:3: git address names the remote helper",
        ),
        (repository(settings=TOML + 'range = ">>1"\n'), "range '>>1'"),
        (
            repository(settings=TOML + '[packages.demo.keep]\n"z.patch" = "x"\n'),
            "[keep] names z.patch, which is not in",
        ),
        (repository(recipe=RECIPE + "patch ../x.patch\n"), "is no file of this repository ('demo/../x.patch')"),
        (repository(recipe=RECIPE + "patch a.patch\n"), "a.patch is listed twice"),
        (repository(recipe="version soon\npatch a.patch\n"), "its version 'soon' cannot be ordered among others"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(files: MemoryTree, said: str) -> None:
    [complaint] = complaints(KEPT, files)
    assert said in complaint


def test_a_package_that_the_settings_name_and_that_is_not_there_is_told_of() -> None:
    said = complaints(KEPT, repository(settings=TOML + "[packages.gone]\n"))
    assert said == [
        "gone: syncbot.toml: the settings speak of gone, which is not in the repository; correct its name, or remove it"
    ]


def test_tracking_a_package_writes_where_its_upstream_is() -> None:
    files = repository(settings="")
    changes = KEPT.new_package(
        files, "", "demo", Upstream("git", "https://example.org/d.git"), "1.0", "1.*", "prerelease"
    )
    assert (changes["syncbot.toml"] or b"").decode() == (
        '[packages.demo]\nupstream = "git:https://example.org/d.git"\nrange = "1.*"\ntrack = "prerelease"\n'
    )
    hinted = repository(settings="[packages.demo]\n# upstream = ...\n")
    made = KEPT.new_package(hinted, "", "demo", Upstream("pypi", "demo"), "1.0")
    assert made == {"syncbot.toml": b'[packages.demo]\nupstream = "pypi:demo"\n# upstream = ...\n'}
    with pytest.raises(InputError, match="no package is named 'other'"):
        KEPT.new_package(files, "", "other", Upstream("git", "https://example.org/d.git"), None)
    with pytest.raises(InputError, match="the settings say already where the upstream of demo is"):
        KEPT.new_package(repository(), "", "demo", Upstream("git", "https://example.org/d.git"), None)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_table_is_there_and_finds_nothing_in_an_empty_repository(name: str) -> None:
    format = open_format(name)
    assert format.name == name
    assert list(format.find(tree({}), "")) == []
    assert LAYOUTS[name](Ground()).read(tree({}), "", Policy()).packages == ()


CHANGELOG = "demo (1.0-1) unstable; urgency=low\n\n  * x\n\n -- A <a@example.org>  Mon, 01 Jan 2024 00:00:00 +0000\n"
MAIL = f"From {'a' * 40} Mon Sep 17 00:00:00 2001\nSubject: x\n\n--- a/x\n+++ b/x\n"


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        ({"patches/demo/package.toml": "", "debian/changelog": CHANGELOG}, NATIVE),
        ({"debian/changelog": CHANGELOG, "debian/patches/0001-x.patch": MAIL}, "debian"),
        ({"one/debian/changelog": CHANGELOG, "two/debian/changelog": CHANGELOG}, "debian"),
        ({"patches/0001-x.patch": MAIL}, "mail"),
        ({"README.md": "x"}, None),
    ],
)
def test_the_layout_of_a_repository_is_recognised(files: Mapping[str, str], layout: str | None) -> None:
    found = recognise(tree(files), "")
    assert (found[0].name if found else None) == layout


def test_a_survey_says_what_is_known_and_what_is_not() -> None:
    files = tree(
        {"one/debian/changelog": CHANGELOG, "one/debian/patches/series": "a.patch\n", "two/debian/changelog": "?"}
    )
    found = survey(files, "", "", Ground())
    first, second = found.seen
    assert (found.layout, first.name, first.base, first.patches) == ("debian", "demo", "1.0", 1)
    assert first.doubts == ("neither debian/watch nor debian/upstream/metadata says where upstream is",)
    assert second.error.startswith("two/debian/changelog:1: the changelog does not begin with")


def test_a_survey_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no packages of any layout are there"):
        survey(tree({"README.md": "x"}), "", "", Ground())
