"""melange files: read as they are, edited where an edit is meant, byte for byte the same elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.draft import Draft
from syncbot.layouts.melange import MelangeFormat, MelangeRecipe
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.packaging import PackagingLayout
from syncbot.layouts.recipe import Download, Format, Listed, Move, Place, Recipe
from syncbot.layouts.saying import Ground
from syncbot.layouts.survey import survey
from syncbot.model.ids import PatchName
from syncbot.model.packages import Policy
from syncbot.model.releases import Upstream
from syncbot.model.trees import FILE, SYMLINK, MemoryTree
from syncbot.model.versions import normalise

FORMAT = MelangeFormat()
COMMIT = "b" * 40

HEAD = """\
package:
  name: demo
  version: "1.2.3"
  epoch: 4 # CVE-2020-1234
  description: a demo

"""
CHECKOUT = """\
pipeline:
  - uses: git-checkout
    with:
      repository: https://example.org/demo.git
      tag: v${{package.version}}
      expected-commit: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

"""
STEP = """\
  # Fixes the build.
  - uses: patch
    with:
      patches: |
        a.patch
        b.patch

"""
TAIL = """\
  - runs: |
      make

update:
  enabled: true
"""
DEMO = HEAD + CHECKOUT + STEP + TAIL


def tree(text: str | bytes, *names: str, files: Mapping[str, str] | None = None) -> MemoryTree:
    """`demo.yaml` and, in its folder, a patch of each name."""
    found = {"demo.yaml": (FILE, text.encode() if isinstance(text, str) else text)}
    found |= {f"demo/{name}": (FILE, f"patch {name}".encode()) for name in names or ("a.patch", "b.patch")}
    return MemoryTree(found | {path: (FILE, content.encode()) for path, content in (files or {}).items()})


def read(text: str | bytes, *names: str, files: Mapping[str, str] | None = None) -> MelangeRecipe:
    return FORMAT.read(tree(text, *names, files=files), Place("demo", "demo.yaml"))


def after(recipe: Recipe, path: str = "demo.yaml") -> str:
    content = recipe.changes()[path]
    assert content is not None
    return content.decode()


def to(version: str | None, commit: str | None = COMMIT) -> Move:
    return Move(version, commit, "A Person <a@example.org>", datetime(2026, 1, 2, tzinfo=UTC))


def names(recipe: Recipe) -> list[str]:
    return [patch.name for patch in recipe.patches]


def test_it_finds_what_is_a_package_and_reads_it() -> None:
    files = {
        "sub/other.yaml": HEAD + "pipeline:\n",
        "recipe.yaml": "package:\n  name: x\n",
        ".github/demo.yaml": DEMO,
        "own/.melange.yaml": DEMO.replace("name: demo", "name: third"),
        "notes.yaml": "a: 1\n",
    }
    format_: Format = FORMAT
    places = list(format_.find(tree(DEMO, files=files), ""))
    assert places == [Place("demo", "demo.yaml"), Place("third", "own/.melange.yaml"), Place("other", "sub/other.yaml")]
    assert list(FORMAT.find(tree(DEMO, files=files), "sub")) == [Place("other", "sub/other.yaml")]
    recipe: Recipe = read(DEMO)
    assert recipe.version == "1.2.3"
    assert recipe.patches == (
        Listed(PatchName("a.patch"), "demo/a.patch"),
        Listed(PatchName("b.patch"), "demo/b.patch"),
    )
    assert recipe.changes() == {}


STEPS = {
    "in one line": "  - uses: patch\n    with:\n      patches: a.patch b.patch\n",
    "in quotes": "  - uses: patch\n    with:\n      patches: 'a.patch  b.patch'\n",
    "folded": "  - uses: patch\n    with:\n      patches: >-\n        a.patch\n        b.patch\n",
    "two steps": (
        "  - uses: patch\n    with:\n      patches: a.patch\n\n  - uses: patch\n    with: {patches: b.patch}\n"
    ),
    "braces": "  - {uses: patch, with: {patches: a.patch b.patch}}\n",
    "with the folder of the build": (
        "  - uses: patch\n    working-directory: build\n    with:\n      patches: ../a.patch ../b.patch\n"
    ),
    "from the workspace": (
        "  - uses: patch\n    with:\n      patches: /home/build/a.patch ${{package.srcdir}}/b.patch\n"
    ),
    "over lines": "  - uses: patch\n    with:\n      patches: a.patch\n        b.patch\n",
    "nested": (
        "  - working-directory: build\n    pipeline:\n      - uses: patch\n"
        "        with:\n          patches: ../a.patch\n      - uses: patch\n"
        "        with:\n          patches: ../b.patch\n"
    ),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_however_the_names_are_written_they_are_read_and_taken_out(step: str) -> None:
    text = HEAD + CHECKOUT + step + "\n" + TAIL
    recipe = read(text)
    assert names(recipe) == ["a.patch", "b.patch"]
    one = recipe.without(PatchName("a.patch"))
    assert names(one) == ["b.patch"]
    assert one.changes()["demo/a.patch"] is None
    none = one.without(PatchName("b.patch"))
    assert after(none) == HEAD + CHECKOUT + TAIL
    assert none.changes() | {"demo.yaml": b""} == {"demo.yaml": b"", "demo/a.patch": None, "demo/b.patch": None}
    more = recipe.adding(PatchName("c.patch"), b"new")
    assert names(more) == ["a.patch", "b.patch", "c.patch"]
    assert more.changes()["demo/c.patch"] == b"new"


DROPS = {
    "a line of a block": (STEP, "a.patch", STEP.replace("        a.patch\n", "")),
    "the first of a line": (STEPS["in one line"], "a.patch", STEPS["in one line"].replace("a.patch ", "")),
    "the last in quotes": (STEPS["in quotes"], "b.patch", STEPS["in quotes"].replace("  b.patch", "")),
    "a step with its comment": (
        "  - runs: a\n\n" + STEP.replace("        a.patch\n", ""),
        "b.patch",
        "  - runs: a\n\n",
    ),
    "a step that stands close": (
        "  - runs: a\n  - uses: patch\n    with:\n      patches: b.patch\n\n  - runs: b\n",
        "b.patch",
        "  - runs: a\n\n  - runs: b\n",
    ),
    "a condition that holds nothing else": (
        (
            "  - if: ${{build.arch}} == 'x86_64'\n    pipeline:\n      - uses: patch\n"
            "        with:\n          patches: a.patch\n\n"
        ),
        "a.patch",
        "",
    ),
}


@pytest.mark.parametrize(("before", "name", "expected"), DROPS.values(), ids=DROPS)
def test_a_drop_takes_its_lines_and_no_others(before: str, name: str, expected: str) -> None:
    text = HEAD + CHECKOUT + before + TAIL
    assert after(read(text).without(PatchName(name))) == HEAD + CHECKOUT + expected + TAIL


def test_a_step_at_the_end_leaves_no_blank_lines() -> None:
    text = HEAD + CHECKOUT.rstrip() + "\n\n" + STEP.rstrip()
    recipe = read(text).without(PatchName("a.patch")).without(PatchName("b.patch"))
    assert after(recipe) == HEAD + CHECKOUT.rstrip() + "\n"


def test_a_series_file_is_edited_and_goes_with_its_last_patch() -> None:
    text = HEAD + CHECKOUT + "  - uses: patch\n    with:\n      series: series\n\n" + TAIL
    recipe = read(text, files={"demo/series": "# first\na.patch\n\nb.patch\n"})
    assert names(recipe) == ["a.patch", "b.patch"]
    one = recipe.without(PatchName("a.patch"))
    assert one.changes() == {"demo/a.patch": None, "demo/series": b"# first\n\nb.patch\n"}
    assert after(recipe.adding(PatchName("c.patch"), b""), "demo/series") == "# first\na.patch\n\nb.patch\nc.patch\n"
    none = one.without(PatchName("b.patch"))
    assert after(none) == HEAD + CHECKOUT + TAIL
    assert none.changes()["demo/series"] is None


def test_subpackages_and_conditions_are_told_and_an_empty_pipeline_goes() -> None:
    sub = (
        "subpackages:\n  - name: demo-x\n    if: ${{options.x.enabled}} == 'true'\n    pipeline:\n"
        "      - uses: patch\n        if: ${{build.arch}} == 'x'\n        with:\n"
        "          patches: b.patch\n          strip-components: 0\n"
    )
    main = "  - uses: patch\n    with:\n      patches: a.patch\n"
    recipe = read(HEAD + CHECKOUT + main + "\n" + sub)
    [_, patch] = recipe.patches
    assert patch == Listed(
        PatchName("b.patch"), "demo/b.patch", 0, "${{options.x.enabled}} == 'true' and ${{build.arch}} == 'x'"
    )
    dropped = after(recipe.without(PatchName("b.patch")))
    assert (
        dropped
        == HEAD + CHECKOUT + main + "\nsubpackages:\n  - name: demo-x\n    if: ${{options.x.enabled}} == 'true'\n"
    )


def test_a_file_that_something_else_names_stays() -> None:
    text = HEAD + CHECKOUT + STEP + "  # b.patch is ours\n  - runs: |\n      cat a.patch\n"
    recipe = read(text).without(PatchName("a.patch")).without(PatchName("b.patch"))
    assert "demo/a.patch" not in recipe.changes()
    assert recipe.changes()["demo/b.patch"] is None


def test_a_move_changes_version_epoch_and_commit_and_nothing_else() -> None:
    moved = read(DEMO).moved(to("1.3.0"))
    expected = DEMO.replace('"1.2.3"', '"1.3.0"').replace("epoch: 4 # CVE-2020-1234", "epoch: 0")
    assert after(moved) == expected.replace("a" * 40, COMMIT)
    assert moved.version == "1.3.0"
    assert moved.downloads() == ()


def test_without_a_release_the_epoch_counts_up() -> None:
    moved = read(DEMO).without(PatchName("a.patch")).moved(to(None))
    expected = DEMO.replace("        a.patch\n", "").replace("epoch: 4 # CVE-2020-1234", "epoch: 5")
    assert after(moved) == expected


FETCH = """\
pipeline:
  - uses: fetch
    with:
      uri: https://example.org/demo-${{vars.short}}.tar.gz
      expected-sha256: 00
      expected-sha512: "00"

"""
VARS = (
    'vars:\n  minor: "7"\n\nvar-transforms:\n  - from: ${{package.version}}\n'
    "    match: ^(\\d+)\\.(\\d+).*$\n    replace: $1.${2}\n    to: short\n\n"
)


def test_what_is_fetched_is_checked_before_it_is_pinned() -> None:
    moved = read(HEAD + VARS + FETCH + STEP + TAIL).moved(to("1.3.0", None))
    url = "https://example.org/demo-1.3.tar.gz"
    assert moved.downloads() == (Download(url, "sha256"), Download(url, "sha512"))
    half = moved.checked({Download(url, "sha256"): "c" * 64})
    assert half.downloads() == (Download(url, "sha512"),)
    done = half.checked({Download(url, "sha512"): "d" * 128})
    assert done.downloads() == ()
    fetched = FETCH.replace("256: 00", "256: " + "c" * 64).replace('"00"', '"' + "d" * 128 + '"')
    head = HEAD.replace("1.2.3", "1.3.0").replace("epoch: 4 # CVE-2020-1234", "epoch: 0")
    assert after(done) == head + VARS + fetched + STEP + TAIL


UPDATES = {
    "the tag says it": ("update:\n  enabled: true\n", "v1.4.0", "1.4.0"),
    "a filter": ("update:\n  github:\n    identifier: a/b\n    tag-filter: v1.\n", "v2.0.0", None),
    "what it contains": ("update:\n  git:\n    tag-filter-contains: -final\n", "v1.4.0", None),
    "to be ignored": ("update:\n  ignore-regex-patterns:\n    - .*-rc.*\n", "v1.4.0-rc1", None),
    "to be ignored, with groups": ("update:\n  ignore-regex-patterns:\n    - ^1\\.(4|5)\n", "v1.5.1", None),
    "another form of tag": ("update:\n  enabled: true\n", "1.4.0", None),
}


@pytest.mark.parametrize(("update", "tag", "version"), UPDATES.values(), ids=UPDATES)
def test_the_update_block_says_which_tags_are_releases(update: str, tag: str, version: str | None) -> None:
    known = read(HEAD + CHECKOUT + STEP + update).known
    assert known.upstream == Upstream("git", "https://example.org/demo.git")
    found = normalise(tag, pattern=known.tag_pattern)
    assert (found and found.text) == version


def test_github_and_what_cannot_be_known() -> None:
    update = (
        "update:\n  enabled: false\n  exclude-reason: too old\n  manual: true\n"
        "  github:\n    identifier: o/r\n    strip-prefix: v\n"
    )
    fetch = FETCH.replace("${{vars.short}}", "${{package.version}}")
    known = read(HEAD + fetch + STEP + update).known
    assert known.upstream == Upstream("git", "https://github.com/o/r")
    assert known.tag_pattern == r"^(?:v)?(\d\S*)$"
    assert known.doubts == (
        "its own updates are switched off (update.enabled is false): too old",
        "its maintainers move it by hand (update.manual is true)",
    )
    watched = HEAD + fetch + STEP + "update:\n  release-monitor:\n    identifier: 77\n"
    monitored = read(watched).known
    assert monitored.upstream == Upstream("anitya", "77/https://example.org/demo-@VERSION@.tar.gz")
    assert monitored.doubts == ()
    stripped = read(watched + "    strip-prefix: demo_\n").known
    assert (stripped.upstream, stripped.tag_pattern) == (monitored.upstream, r"^(?:demo_)?(\d\S*)$")
    other = read(watched + "  version-transform:\n    - match: p\n      replace: _p\n").known
    assert other.upstream == Upstream("tarball", "https://example.org/demo-@VERSION@.tar.gz")
    assert other.doubts == (
        "project 77 of release-monitoring.org is not asked: its versions are written in another way",
        "its releases are looked for beside the archive that it fetches",
    )
    lost = read(watched.replace(".tar.gz", ".exe")).known
    assert lost.upstream is None
    assert lost.doubts[-1] == (
        "the address of the archive that line 8 fetches does not state the version as it is: "
        "https://example.org/demo-${{package.version}}.exe"
    )
    fixed = read(watched.replace("demo-${{package.version}}", "demo-1")).known
    assert fixed.doubts[-1] == "what line 8 fetches does not follow the version"
    assert read(HEAD + "pipeline:\n" + STEP).known.doubts == ("no step fetches its source",)
    picked = CHECKOUT.rstrip() + "\n      cherry-picks: |\n        main/0123: a fix\n\n"
    assert "picks 1 commits of upstream" in read(HEAD + picked + STEP).known.doubts[0]


def test_versions_that_a_package_writes_in_its_own_way() -> None:
    transforms = "var-transforms:\n  - from: ${{package.version}}\n    match: \\.\n    replace: _\n    to: mangled\n\n"
    checkout = CHECKOUT.replace("v${{package.version}}", "R_${{vars.mangled}}")
    recipe = read(HEAD + transforms + checkout + STEP)
    assert normalise("R_2_8_1", pattern=recipe.known.tag_pattern) == normalise("2.8.1")
    assert recipe.moved(to("1.3.0")).version == "1.3.0"
    fetched = HEAD + FETCH.replace("vars.short", "package.version") + STEP
    early = after(read(fetched).moved(to("1.3rc1", None)))
    assert 'version: "1.3_rc1"' in early
    ported = fetched + "update:\n  release-monitor:\n    identifier: 77\n  version-transform:\n"
    ported += "    - match: p\n      replace: _p\n"
    assert 'version: "10.5_p1"' in after(read(ported).moved(to("10.5-p1", None)))


def swapped(old: str, new: str) -> str:
    assert old in DEMO
    return DEMO.replace(old, new)


REFUSED = {
    "no YAML": (swapped("package:", "package: ["), ": it is no YAML"),
    "a conflict": (swapped("  - runs", "<<<<<<< ours\n  - runs"), "demo.yaml:21: the mark of an unfinished merge"),
    "not UTF-8": (DEMO.encode() + b"# \xff\n", "demo.yaml:26: byte 0xff is not UTF-8"),
    "an anchor": (swapped("patches: |", "patches: &all |"), "demo.yaml:17: patches is an anchor, which is not edited"),
    "an alias": (
        swapped("  - runs: |\n      make\n", "  - *step\n"),
        "demo.yaml:21: a step is an alias, which is not edited",
    ),
    "two documents": (DEMO + "---\na: 1\n", "demo.yaml:26: a second document in one file"),
    "a missing patch": (swapped("a.patch", "gone.patch"), "demo.yaml:18: the file demo/gone.patch is missing"),
    "no patches": (swapped("patches: |", "nothing: |"), "demo.yaml:15: the patch step names no patches"),
    "no version": (swapped('  version: "1.2.3"\n', ""), "demo.yaml:2: the package has no version"),
    "a variable": (swapped("a.patch", "${{vars.x}}.patch"), "demo.yaml:18: ${{vars.x}}.patch has a variable"),
    "a way out": (swapped("a.patch", "../../a.patch"), "demo.yaml:18: ../../a.patch leaves the package's folder"),
    "an absolute path": (swapped("a.patch", "/etc/passwd"), "demo.yaml:18: /etc/passwd leaves the package's folder"),
    "nested too deep": (
        swapped("  - runs: |\n      make\n", "  - a: " + "[" * 99 + "]" * 99 + "\n"),
        "nested more than",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_without_loss_is_refused_with_its_line(text: str | bytes, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    assert complaint in str(caught.value)


def test_a_symlink_is_not_followed() -> None:
    found = MemoryTree({"demo.yaml": (FILE, DEMO.encode()), "demo/a.patch": (SYMLINK, b"/etc/passwd")})
    with pytest.raises(HostileInput, match=r"demo/a\.patch is or passes through a symlink"):
        FORMAT.read(found, Place("demo", "demo.yaml"))


MOVES_REFUSED = {
    "no commit": (DEMO, to("1.3.0", None), "the commit that the release's tag points to is not known"),
    "a fixed tag": (
        swapped("v${{package.version}}", "v1"),
        to("1.3.0"),
        "no source of the package follows its version",
    ),
    "two repositories": (
        HEAD + CHECKOUT + CHECKOUT.removeprefix("pipeline:\n").replace("demo.git", "more.git") + STEP,
        to("1.3.0"),
        "two repositories are checked out",
    ),
    "no version for a package": (DEMO, to("1.3+local"), "1.3+local cannot be the version of a package"),
}


@pytest.mark.parametrize(("text", "move", "complaint"), MOVES_REFUSED.values(), ids=MOVES_REFUSED)
def test_a_move_that_would_be_wrong_is_refused(text: str, move: Move, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text).moved(move)
    assert complaint in str(caught.value)


LISTS = st.lists(st.sampled_from("pqrstuvw"), min_size=1, max_size=5, unique=True)


@settings(max_examples=40)
@given(st.lists(LISTS, min_size=1, max_size=3), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_dropping_each_patch_in_turn_leaves_the_rest(
    groups: list[list[str]], newline: str, ends: bool, bom: bool
) -> None:
    steps, used = "", [f"{n}{name}.patch" for n, group in enumerate(groups) for name in group]
    for n, group in enumerate(groups):
        lines = "".join(f"        {n}{name}.patch\n" for name in group)
        steps += f"  # step {n}\n  - uses: patch\n    with:\n      patches: |\n{lines}\n"
    text = (("\ufeff" if bom else "") + HEAD + CHECKOUT + steps + TAIL).replace("\n", newline)
    source = tree(text if ends else text.rstrip(), *used)
    recipe = FORMAT.read(source, Place("demo", "demo.yaml"))
    assert recipe.changes() == {}
    assert names(recipe) == used
    kept = text.splitlines()
    for name in used:
        changed = recipe.without(PatchName(name))
        again = FORMAT.read(Overlay(source, changed.changes()), Place("demo", "demo.yaml"))
        assert names(again) == [one for one in used if one != name]
        assert changed.changes()[f"demo/{name}"] is None
        left = after(changed).splitlines()
        lost = len(kept) - len(left)
        start = next((n for n, line in enumerate(left) if line != kept[n]), len(left))
        assert kept[:start] + kept[start + lost :] == left or kept[:start] == left


def test_of_thousands_only_those_that_may_carry_a_patch_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {f"bare{n}.yaml": "package:\n  name: bare\n  version: '1'\n  epoch: 0\n" for n in range(50)}
    parsed: list[str] = []
    real = MelangeRecipe.read

    def noted(draft: Draft, path: str) -> MelangeRecipe:
        parsed.append(path)
        return real(draft, path)

    monkeypatch.setattr(MelangeRecipe, "read", noted)
    kept = PackagingLayout(FORMAT)
    assert [package.name for package in kept.read(tree(DEMO, files=bare), "", Policy()).packages] == ["demo"]
    found = survey(tree(DEMO, files=bare), "", "melange", Ground())
    assert (len(found.seen), sum(seen.patches for seen in found.seen)) == (51, 2)
    assert parsed == ["demo.yaml", "demo.yaml"]
    named = {"syncbot.toml": '[packages.bare1]\nupstream = "git:https://example.org/bare.git"\n'}
    told = kept.read(tree(DEMO, files=bare | named), "", Policy())
    assert [package.name for package in told.packages] == ["bare1", "demo"]
