"""The native layout: what is read, what is complained of, and edits as before/after tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import Fault, HostileInput, InputError
from syncbot.layouts import LAYOUTS
from syncbot.layouts.native import NativeLayout
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.saying import Ground
from syncbot.model import series as quilt
from syncbot.model.ids import PatchName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import Commits, Mode, Package, Policy, SeriesPatch, Step
from syncbot.model.releases import Upstream
from syncbot.model.settings import Limits
from syncbot.model.trees import FILE, SUBMODULE, SYMLINK, MemoryTree
from syncbot.model.verdicts import Action, Fit, Verdict
from syncbot.plan.model import Edit, Move
from syncbot.ports import Layout

LAYOUT = NativeLayout(Limits(patch_bytes=100))
TOML = '# mine\nupstream = "pypi:demo"\nbase = "1.0" # declared\n'
PATCH = b"--- a/x\n+++ b/x\n"


def workspace(files: Mapping[str, str | bytes], modes: Mapping[str, int] | None = None) -> MemoryTree:
    """A tree with `files` below patches/."""
    content = {f"patches/{k}": v.encode() if isinstance(v, str) else v for k, v in files.items()}
    found = {f"patches/{k}": mode for k, mode in (modes or {}).items()}
    return MemoryTree({path: (found.get(path, FILE), data) for path, data in content.items()})


def demo(series: str | bytes, toml: str = TOML, **patches: bytes) -> MemoryTree:
    """One package `demo` with `plain`, and of the patches a, b, sub/c those that the series speaks of."""
    told = series.encode() if isinstance(series, str) else series
    lying = {"a.patch": PATCH, "b.patch": PATCH + b"b", "sub/c.patch": PATCH + b"c"}
    files: dict[str, str | bytes] = {"demo/package.toml": toml, "demo/series": series}
    files |= {"demo/plain": b"x"} | {f"demo/{name}": text for name, text in lying.items() if name.encode() in told}
    return workspace(files | {f"demo/{name}.patch": content for name, content in patches.items()})


def only(tree: MemoryTree | Overlay) -> Package:
    read = LAYOUT.read(tree, "patches", Policy())
    assert [str(problem.error) for problem in read.problems] == []
    [package] = read.packages
    return package


def edit(action: Action, name: str, content: bytes | None = None, verdict: Verdict = Verdict.CONFLICT) -> Edit:
    patch = PatchName(name)
    return Edit(action, patch, Judgement(1, patch, Fit.CONFLICT, verdict, action, "because"), content)


def to(version: str | None) -> Move:
    return Move(version, None, "A Bot <bot@example.org>", datetime(2024, 1, 2, tzinfo=UTC))


def complaints(tree: MemoryTree) -> list[str]:
    return [f"{problem.package}: {problem.error}" for problem in LAYOUT.read(tree, "patches", Policy()).problems]


def test_it_is_a_layout_in_the_table() -> None:
    layout: Layout = LAYOUTS["native"](Ground())
    assert layout.read(workspace({}), "patches", Policy()).packages == ()


def test_a_package_is_read_with_all_it_says() -> None:
    toml = """
upstream = "npm:@scope/demo"
base = "8.1"
range = "8.*"
mode = "merge"
step = "each"
track = "prerelease"
commits = "step"
owners = ["me@example.org"]
private = true
tag-pattern = "v(.*)"
[keep]
"sub/c.patch" = "ours for good"
"""
    series = "# first\na.patch -p0 # why\n\nsub/c.patch # syncbot: waiting (conflict)\n"
    package = only(demo(series, toml))
    assert package == Package(
        name=package.name,
        path="patches/demo",
        upstream=Upstream("npm", "@scope/demo"),
        base="8.1",
        series=(
            SeriesPatch(PatchName("a.patch"), PATCH, 0),
            SeriesPatch(PatchName("sub/c.patch"), PATCH + b"c", None, "ours for good", waiting=True),
        ),
        range="8.*",
        policy=Policy(Mode.MERGE, Step.EACH, "prerelease", Commits.STEP),
        owners=("me@example.org",),
        private=True,
        tag_pattern="v(.*)",
    )


def test_the_workspace_has_the_word_where_the_package_says_nothing() -> None:
    policy = Policy(mode=Mode.OBSERVE, step=Step.EACH)
    read = LAYOUT.read(workspace({"demo/package.toml": TOML + 'mode = "merge"\n'}), "patches", policy)
    [package] = read.packages
    assert package.policy == Policy(mode=Mode.MERGE, step=Step.EACH)
    assert package.series == ()


def test_what_is_no_package_is_left_alone() -> None:
    links = {"link.md": SYMLINK}
    tree = workspace(
        {
            "README.md": "x",
            "link.md": "README.md",
            "notes/x.txt": "x",
            ".hidden/series": "x",
            "demo/package.toml": TOML,
        },
        links,
    )
    assert only(tree).name == "demo"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"series": ""}, "demo: patches/demo: the folder has a series and no package.toml; add a package.toml"),
        ({"package.toml": "base = '1'\n"}, "demo: patches/demo/package.toml:1: no upstream; write upstream ="),
        ({"package.toml": "upstream = \n"}, "demo: patches/demo/package.toml:1: broken TOML: invalid value"),
        (
            {"package.toml": TOML + "owner = []\n"},
            'demo: patches/demo/package.toml:4: unknown key "owner"; did you mean "owners"?',
        ),
        (
            {"package.toml": '\nupstream = "https"\n'},
            "demo: patches/demo/package.toml:2: no upstream address: 'https'; write pypi:NAME",
        ),
        (
            {"package.toml": '\nupstream = "git:ext::sh -c x"\n'},
            "demo: patches/demo/package.toml:2: git address names the remote helper 'ext'",
        ),
        (
            {"package.toml": "upstream = 'pypi:x'\nbase = 'foo'\n"},
            "demo: patches/demo/package.toml:2: 'foo' is no version",
        ),
        (
            {"package.toml": TOML + "range = '>>1'\n"},
            "demo: patches/demo/package.toml:4: range '>>1': '>>1' cannot be read",
        ),
        (
            {"package.toml": TOML + "track = 'branch:-x'\n"},
            'demo: patches/demo/package.toml:4: track is "branch:-x", but must be "stable"',
        ),
        (
            {"package.toml": TOML + "tag-pattern = '(a'\n"},
            'demo: patches/demo/package.toml:4: tag-pattern is "(a", but must be a regular expression with one',
        ),
        (
            {"package.toml": TOML + "tag-pattern = '(a)(b)'\n"},
            'demo: patches/demo/package.toml:4: tag-pattern is "(a)(b)", but must be a regular expression with one',
        ),
        (
            {"package.toml": TOML + '[keep]\n"b.patch" = "x"\n', "series": "a.patch\n", "a.patch": "x"},
            "demo: patches/demo/package.toml:5: [keep] names b.patch, which is not in the series; "
            'did you mean "a.patch"?',
        ),
        (
            {"package.toml": TOML, "series": "# x\ngone.patch\n"},
            "demo: patches/demo/series:2: the file gone.patch is missing; add the file, or remove the line",
        ),
        (
            {"package.toml": TOML, "series": "a.patch\na.patch\n", "a.patch": "x"},
            "demo: patches/demo/series:2: a.patch is listed twice, first on line 1",
        ),
        (
            {"package.toml": TOML, "series": "a.patch\n", "a.patch": "x" * 101},
            "demo: patches/demo/series:1: a.patch has 101 bytes, more than the limit of 100; raise limits.patch-bytes",
        ),
        (
            {"package.toml": TOML, "series": "../other/a.patch\n"},
            "demo: patches/demo/series:1: ../other/a.patch leaves its package's folder; name a patch file inside",
        ),
        (
            {"package.toml": TOML, "series": "/etc/passwd\n"},
            "demo: patches/demo/series:1: /etc/passwd is no relative path with '/'",
        ),
        (
            {"package.toml": TOML, "series": "./a.patch\n", "a.patch": "x"},
            "demo: patches/demo/series:1: ./a.patch has an empty part or '.' in it",
        ),
        ({"package.toml": TOML, "series": ".GIT/config\n"}, "demo: patches/demo/series:1: .GIT/config touches .git"),
        (
            {"package.toml": TOML, "series": "package.toml\n"},
            "demo: patches/demo/series:1: package.toml is a file of the layout, not a patch",
        ),
    ],
)
def test_each_defect_is_one_problem_and_the_others_go_on(files: dict[str, str], message: str) -> None:
    tree = workspace({f"demo/{name}": content for name, content in files.items()} | {"good/package.toml": TOML})
    read = LAYOUT.read(tree, "patches", Policy())
    assert [package.name for package in read.packages] == ["good"]
    [problem] = read.problems
    assert f"{problem.package}: {problem.error}".startswith(message)


@pytest.mark.parametrize(
    ("mode", "where"),
    [
        (SYMLINK, "demo/a.patch"),
        (SYMLINK, "demo/sub"),
        (SYMLINK, "demo/series"),
        (SYMLINK, "demo/package.toml"),
        (SYMLINK, "demo"),
    ],
)
def test_symlinks_are_not_followed(mode: int, where: str) -> None:
    series = "a.patch\nsub/c.patch\n"
    files: dict[str, str | bytes] = {"demo/package.toml": TOML, "demo/series": series, "demo/a.patch": PATCH}
    files[where] = "/etc"
    if where == "demo":
        files = {"demo": b"/etc"}
    read = LAYOUT.read(workspace(files, {where: mode}), "patches", Policy())
    [problem] = read.problems
    assert isinstance(problem.error, HostileInput)
    assert f"symlink (patches/{where}), which is not followed" in str(problem.error)


def test_a_symlinked_folder_of_packages_and_a_submodule_are_refused() -> None:
    link = MemoryTree({"patches": (SYMLINK, b"/elsewhere")})
    assert complaints(link) == ["patches: patches: is a symlink, which is not followed; make it a folder"]
    files = {"demo/package.toml": TOML, "demo/series": "a.patch\n", "demo/a.patch": "0" * 40}
    [message] = complaints(workspace(files, {"demo/a.patch": SUBMODULE}))
    assert message.startswith("demo: patches/demo/series:1: the file a.patch is missing")


def test_names_that_differ_only_in_case_are_both_complained_of() -> None:
    files = {"Demo/package.toml": TOML, "demo/package.toml": TOML, "other/package.toml": TOML}
    read = LAYOUT.read(workspace(files), "patches", Policy())
    assert [package.name for package in read.packages] == ["other"]
    assert [str(problem.error) for problem in read.problems] == [
        "patches/Demo: the package names Demo and demo differ only in case; rename one of the two folders",
        "patches/demo: the package names demo and Demo differ only in case; rename one of the two folders",
    ]


@pytest.mark.parametrize("name", ["-x", "a b", "é", "a..b", "x" * 101])
def test_odd_package_names_are_refused(name: str) -> None:
    [message] = complaints(workspace({f"{name}/package.toml": TOML}))
    assert "is no name for a package" in message


SERIES = "# order matters\r\na.patch -p0 # why\r\n\r\nb.patch\t\nsub/c.patch"


@pytest.mark.parametrize(
    ("edits", "version", "changed"),
    [
        ((), None, {}),
        ((), "1.0", {}),
        ((), "1.1", {"package.toml": TOML.replace("1.0", "1.1").encode()}),
        ((edit(Action.KEEP, "a.patch"), edit(Action.REWRITE, "b.patch", PATCH + b"b")), "1.0", {}),
        (
            (edit(Action.DROP, "b.patch"),),
            None,
            {"b.patch": None, "series": b"# order matters\r\na.patch -p0 # why\r\n\r\nsub/c.patch"},
        ),
        ((edit(Action.REWRITE, "sub/c.patch", b"new"),), None, {"sub/c.patch": b"new"}),
        (
            (edit(Action.ASK, "a.patch"), edit(Action.REPORT, "sub/c.patch", verdict=Verdict.BROKEN)),
            None,
            {
                "series": b"# order matters\r\na.patch -p0 # why # syncbot: waiting (conflict)\r\n\r\n"
                b"b.patch\t\nsub/c.patch # syncbot: waiting (broken)"
            },
        ),
        (
            (edit(Action.DROP, "a.patch"), edit(Action.DROP, "sub/c.patch"), edit(Action.ASK, "b.patch")),
            "2.0",
            {
                "a.patch": None,
                "sub/c.patch": None,
                "series": b"# order matters\r\n\r\nb.patch\t # syncbot: waiting (conflict)\n",
                "package.toml": TOML.replace("1.0", "2.0").encode(),
            },
        ),
    ],
)
def test_edits_change_only_what_they_concern(
    edits: tuple[Edit, ...], version: str | None, changed: dict[str, bytes | None]
) -> None:
    tree = demo(SERIES)
    changes = LAYOUT.edit(tree, only(tree), edits, to(version))
    assert changes == {f"patches/demo/{path}": content for path, content in changed.items()}


def test_a_patch_that_waited_and_no_longer_does_loses_its_mark() -> None:
    tree = demo("a.patch -p1  # syncbot: waiting (moot)\nb.patch\n")
    assert only(tree).series[0].waiting
    changes = LAYOUT.edit(tree, only(tree), (edit(Action.KEEP, "a.patch"),), to(None))
    assert changes == {"patches/demo/series": b"a.patch -p1 \nb.patch\n"}


def test_an_edit_done_twice_changes_nothing_the_second_time() -> None:
    tree = demo(SERIES)
    edits = (edit(Action.ASK, "a.patch"), edit(Action.REWRITE, "b.patch", b"new"))
    after = Overlay(tree, LAYOUT.edit(tree, only(tree), edits, to("2.0")))
    assert LAYOUT.edit(after, only(after), edits, to("2.0")) == {}


def test_an_edit_that_does_not_read_back_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = demo("a.patch\n")
    monkeypatch.setattr(quilt, "mark", lambda series, name, why: series)
    with pytest.raises(Fault, match="does not read back as it was planned"):
        LAYOUT.edit(tree, only(tree), (edit(Action.ASK, "a.patch"),), to(None))


def test_the_last_patch_takes_an_otherwise_empty_series_with_it() -> None:
    tree = demo("a.patch\n")
    changes = LAYOUT.edit(tree, only(tree), (edit(Action.DROP, "a.patch"),), to(None))
    assert changes == {"patches/demo/a.patch": None, "patches/demo/series": None}


def test_a_base_that_was_not_declared_is_written_below_the_upstream() -> None:
    tree = demo("", 'upstream = "pypi:demo" # x\nrange = "1.*"\n')
    changes = LAYOUT.edit(tree, only(tree), (), to("1.4"))
    assert changes["patches/demo/package.toml"] == b'upstream = "pypi:demo" # x\nbase = "1.4"\nrange = "1.*"\n'


def test_edits_that_must_not_happen_are_refused() -> None:
    tree = demo("a.patch\n", TOML + '[keep]\n"a.patch" = "ours"\n')
    package = only(tree)
    with pytest.raises(InputError, match=r"a\.patch is pinned and cannot be dropped: ours"):
        LAYOUT.edit(tree, package, (edit(Action.DROP, "a.patch"),), to(None))
    with pytest.raises(InputError, match=r"b\.patch is not in the series of demo"):
        LAYOUT.edit(tree, package, (edit(Action.DROP, "b.patch"),), to(None))
    with pytest.raises(Fault, match="there is no new text"):
        LAYOUT.edit(tree, package, (edit(Action.REWRITE, "a.patch"),), to(None))
    with pytest.raises(Fault, match="two edits of one patch"):
        LAYOUT.edit(tree, package, (edit(Action.KEEP, "a.patch"), edit(Action.KEEP, "a.patch")), to(None))
    with pytest.raises(InputError, match="demo has changed since it was read"):
        LAYOUT.edit(demo("a.patch\nb.patch\n"), package, (), to("2.0"))


@given(
    st.lists(st.sampled_from([" ", "# x", "a.patch -p1", "b.patch # y", "\tsub/c.patch "]), unique=True),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.sampled_from(["a.patch", "b.patch", "sub/c.patch"]), unique=True),
)
def test_dropping_and_asking_leave_every_other_line(lines: list[str], newline: str, chosen: list[str]) -> None:
    tree = demo(newline.join(lines))
    package = only(tree)
    there = [patch.name for patch in package.series if patch.name in chosen]
    asked = Overlay(tree, LAYOUT.edit(tree, package, tuple(edit(Action.ASK, n) for n in there), to(None)))
    assert [p.waiting for p in only(asked).series] == [p.name in there for p in package.series]
    back = Overlay(asked, LAYOUT.edit(asked, only(asked), tuple(edit(Action.KEEP, n) for n in there), to(None)))
    assert back.read("patches/demo/series") == tree.read("patches/demo/series")
    dropped = LAYOUT.edit(tree, package, tuple(edit(Action.DROP, n) for n in there), to(None))
    left = (Overlay(tree, dropped).read("patches/demo/series") or b"").decode()
    kept = [line for line in lines if not any(name in line for name in there)]
    assert [line for line in left.split(newline) if line] == [line for line in kept if line]


@pytest.mark.parametrize(
    ("series", "name", "content", "written", "after"),
    [
        ("a.patch", "old.patch", PATCH, "old.patch", b"a.patch\nold.patch\n"),
        ("a.patch\r\n", "a.patch", PATCH, "a-2.patch", b"a.patch\r\na-2.patch\r\n"),
        ("# b.patch\na.patch\n", "b.patch", b"other", "b-2.patch", b"# b.patch\na.patch\nb-2.patch\n"),
        ("a.patch\nplain", "plain", b"other", "plain-2", b"a.patch\nplain\nplain-2\n"),
        ("# b.patch\na.patch\n", "b.patch", PATCH + b"b", "b.patch", b"# b.patch\na.patch\nb.patch\n"),
        ("# no sub/c.patch\n", "sub/c.patch", b"other", "sub/c-2.patch", b"# no sub/c.patch\nsub/c-2.patch\n"),
    ],
)
def test_a_restored_patch_stands_at_the_end_and_is_pinned(
    series: str, name: str, content: bytes, written: str, after: bytes
) -> None:
    tree = demo(series)
    changes = LAYOUT.restore(tree, only(tree), name, content, "still\nneeded")
    assert changes["patches/demo/series"] == after
    assert changes["patches/demo/package.toml"] == f'{TOML}\n[keep]\n"{written}" = "still needed"\n'.encode()
    restored = only(Overlay(tree, changes)).series[-1]
    assert restored == SeriesPatch(PatchName(written), content, None, "still needed")


def test_a_restored_patch_makes_the_series_where_there_is_none() -> None:
    tree = workspace({"demo/package.toml": TOML})
    changes = LAYOUT.restore(tree, only(tree), "x.patch", PATCH, "needed")
    assert changes["patches/demo/series"] == b"x.patch\n"


def test_restoring_refuses_to_leave_the_folder_and_to_have_no_reason() -> None:
    tree = demo("a.patch\n")
    with pytest.raises(InputError, match="leaves its package's folder"):
        LAYOUT.restore(tree, only(tree), "../x.patch", PATCH, "why")
    with pytest.raises(InputError, match="needs a reason"):
        LAYOUT.restore(tree, only(tree), "x.patch", PATCH, " \n")


def test_a_pin_is_one_line() -> None:
    tree = demo("a.patch\n", TOML + "\n[keep] # ours\n\n# end\n", a=PATCH)
    changes = LAYOUT.pin(tree, only(tree), "a.patch", 'we "need" it')
    assert changes == {
        "patches/demo/package.toml": f'{TOML}\n[keep] # ours\n"a.patch" = "we \\"need\\" it"\n\n# end\n'.encode()
    }
    pinned = Overlay(tree, changes)
    with pytest.raises(InputError, match=r'a\.patch is pinned already: we "need" it'):
        LAYOUT.pin(pinned, only(pinned), "a.patch", "again")
    with pytest.raises(InputError, match="is not in the series"):
        LAYOUT.pin(tree, only(tree), "b.patch", "why")


def test_a_name_that_is_not_utf8_cannot_be_pinned() -> None:
    tree = workspace({"demo/package.toml": TOML, "demo/series": b"\xe9.patch\n", "demo/\udce9.patch": PATCH})
    assert only(tree).series[0].content == PATCH
    with pytest.raises(InputError, match="is not UTF-8"):
        LAYOUT.pin(tree, only(tree), "\udce9.patch", "why")


def test_a_new_package_is_written_so_that_it_reads_back() -> None:
    upstream = Upstream("git", "https://host.example/x.git")
    changes = LAYOUT.new_package(workspace({}), "patches", "x", upstream, "1.0", ">=1,<2", "branch:main")
    [package] = LAYOUT.read(Overlay(workspace({}), changes), "patches", Policy()).packages
    assert (package.upstream, package.base, package.range) == (upstream, "1.0", ">=1,<2")
    assert package.policy.track == "branch:main"
    text = (changes["patches/x/package.toml"] or b"").decode()
    assert "# Who is asked when a patch needs a person." in text


def test_a_new_package_without_a_base_keeps_the_series_that_is_there() -> None:
    tree = workspace({"x/series": "a.patch\n", "x/a.patch": PATCH})
    changes = LAYOUT.new_package(tree, "patches", "x", Upstream("pypi", "x"), None)
    package = only(Overlay(tree, changes))
    assert (package.base, len(package.series)) == (None, 1)


def test_a_new_package_without_a_series_gets_one_of_the_patches_that_lie_there() -> None:
    tree = workspace(
        {"x/2.patch": PATCH, "x/1.diff": PATCH, "x/sub/3.patch": PATCH, "x/README.md": "x", "y/4.patch": ""}
    )
    changes = LAYOUT.new_package(tree, "patches", "x", Upstream("pypi", "x"), None)
    assert changes["patches/x/series"] == b"1.diff\n2.patch\nsub/3.patch\n"


@pytest.mark.parametrize(
    ("series", "unnamed"),
    [
        ({}, "a.patch, b.diff, sub/c.patch"),
        ({"demo/series": ""}, "a.patch, b.diff, sub/c.patch"),
        ({"demo/series": "a.patch\n# b.diff waits for a review\n"}, "sub/c.patch"),
    ],
)
def test_a_patch_that_no_series_names_is_a_problem(series: Mapping[str, str], unnamed: str) -> None:
    lying = {"demo/a.patch": PATCH, "demo/b.diff": PATCH, "demo/sub/c.patch": PATCH}
    read = LAYOUT.read(workspace({"demo/package.toml": TOML, **lying, **series}), "patches", Policy())
    [problem] = read.problems
    assert str(problem.error) == (
        f"patches/demo: not named in series: {unnamed}; name them in the series, or delete them"
    )


def test_a_name_that_is_taken_or_odd_is_refused() -> None:
    tree = demo("")
    with pytest.raises(InputError, match="the package demo is tracked already"):
        LAYOUT.new_package(tree, "patches", "Demo", Upstream("pypi", "demo"), None)
    with pytest.raises(InputError, match="is no name for a package"):
        LAYOUT.new_package(tree, "patches", "../x", Upstream("pypi", "demo"), None)
