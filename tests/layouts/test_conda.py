"""conda recipes, old and new form: read as they are, edited where an edit is meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncbot.errors import HostileInput, InputError
from syncbot.layouts.conda import CondaFormat, CondaRecipe, template
from syncbot.layouts.overlay import Overlay
from syncbot.layouts.recipe import Download, Format, Listed, Move, Place, Recipe
from syncbot.model.ids import PatchName
from syncbot.model.releases import Upstream
from syncbot.model.trees import FILE, SYMLINK, MemoryTree
from syncbot.model.versions import normalise

FORMAT = CondaFormat()
OLD, NEW = "recipe/meta.yaml", "recipe/recipe.yaml"

META = """\
{% set name = "demo" %}
{% set version = "1.2.3" %}
{% set build = 3 %}
{% if cuda %}
{% set build = build + 100 %}  # [cuda]
{% endif %}

package:
  name: {{ name }}
  version: {{ version }}

source:
  url: https://github.com/o/demo/archive/refs/tags/v{{ version }}.tar.gz
  sha256: 0000
  patches:
    # not yet upstream
    - a.patch
    - sub/b.patch  # [win and py<30]
{% if cuda %}
    - c.patch
{% endif %}

build:
  number: {{ build }}
  skip: true  # [win]

about:
  home: https://example.org/demo

extra:
  recipe-maintainers:
    - one
    - two
"""

RECIPE = """\
context:
  version: "1.2.3"
  build_number: 3

package:
  name: demo
  version: ${{ version }}

source:
  - url: https://github.com/o/demo/archive/v${{ version }}.tar.gz
    sha256: 0000
    patches:
      - a.patch
      - if: win
        then:
          - sub/b.patch
      - if: linux and cuda
        then: c.patch

build:
  number: ${{ build_number }}
"""
BOTH = pytest.mark.parametrize(("path", "text"), [(OLD, META), (NEW, RECIPE)], ids=["meta.yaml", "recipe.yaml"])


def tree(path: str, text: str | bytes, *names: str, files: Mapping[str, str] | None = None) -> MemoryTree:
    found = {path: (FILE, text.encode() if isinstance(text, str) else text)}
    for name in names or ("a.patch", "sub/b.patch", "c.patch"):
        found[f"recipe/{name}"] = (FILE, name.encode())
    return MemoryTree(found | {where: (FILE, content.encode()) for where, content in (files or {}).items()})


def read(path: str, text: str | bytes, *names: str) -> CondaRecipe:
    return FORMAT.read(tree(path, text, *names), Place("demo", path))


def after(recipe: Recipe, path: str) -> str:
    content = recipe.changes()[path]
    assert content is not None
    return content.decode()


def to(version: str | None, commit: str | None = None) -> Move:
    return Move(version, commit, "A Person <a@example.org>", datetime(2026, 1, 2, tzinfo=UTC))


def without(text: str, *lines: str) -> str:
    for line in lines:
        assert text.count(line) == 1, line
        text = text.replace(line, "")
    return text


def names(recipe: Recipe) -> list[str]:
    return [patch.name for patch in recipe.patches]


def test_it_finds_recipes_and_names_them() -> None:
    files = {
        "recipes/other/recipe.yaml": RECIPE,
        "conf/meta.yaml": "a: 1\n",
        ".hidden/meta.yaml": META,
        "conda/recipe.yaml": RECIPE.replace("name: demo", "name: third"),
    }
    format_: Format = FORMAT
    found = list(format_.find(tree(OLD, META, files=files), ""))
    assert found == [
        Place("third", "conda/recipe.yaml"),
        Place("demo", OLD),
        Place("other", "recipes/other/recipe.yaml"),
    ]
    assert list(FORMAT.find(tree(OLD, META, files=files), "recipes")) == [Place("other", "recipes/other/recipe.yaml")]


def test_the_old_form_is_read_with_selectors_and_statements() -> None:
    recipe: Recipe = read(OLD, META)
    assert recipe.version == "1.2.3"
    assert recipe.patches == (
        Listed(PatchName("a.patch"), "recipe/a.patch"),
        Listed(PatchName("sub/b.patch"), "recipe/sub/b.patch", None, "win and py<30"),
        Listed(PatchName("c.patch"), "recipe/c.patch", None, "cuda"),
    )
    assert recipe.known.upstream == Upstream("git", "https://github.com/o/demo")
    assert recipe.known.owners == ("one", "two")
    assert normalise("v2.0", pattern=recipe.known.tag_pattern) == normalise("2.0")
    assert normalise("demo-2.0", pattern=recipe.known.tag_pattern) is None
    assert recipe.changes() == {}


def test_the_new_form_is_read_with_its_conditions() -> None:
    recipe = read(NEW, RECIPE)
    assert recipe.version == "1.2.3"
    assert [(patch.name, patch.condition) for patch in recipe.patches] == [
        ("a.patch", ""),
        ("sub/b.patch", "win"),
        ("c.patch", "linux and cuda"),
    ]


DROPS = {
    "with its comment": (OLD, META, "a.patch", ("    # not yet upstream\n    - a.patch\n",)),
    "with its selector": (OLD, META, "sub/b.patch", ("    - sub/b.patch  # [win and py<30]\n",)),
    "with the statement around it": (OLD, META, "c.patch", ("{% if cuda %}\n    - c.patch\n{% endif %}\n",)),
    "an item": (NEW, RECIPE, "a.patch", ("      - a.patch\n",)),
    "a condition with a list": (
        NEW,
        RECIPE,
        "sub/b.patch",
        ("      - if: win\n        then:\n          - sub/b.patch\n",),
    ),
    "a condition with a name": (NEW, RECIPE, "c.patch", ("      - if: linux and cuda\n        then: c.patch\n",)),
    "the branch else": (
        NEW,
        RECIPE.replace("then: c.patch", "then: c.patch\n        else: d.patch"),
        "d.patch",
        ("        else: d.patch\n",),
    ),
    "in brackets": (
        OLD,
        "package:\n  name: x\n  version: 1.0\nsource:\n  patches: [a.patch, sub/b.patch]\n",
        "sub/b.patch",
        (", sub/b.patch",),
    ),
    "the only one": (
        OLD,
        "package:\n  name: x\n  version: 1.0\nsource:\n  fn: x\n  patches: a.patch  # [osx]\n",
        "a.patch",
        ("  patches: a.patch  # [osx]\n",),
    ),
}


@pytest.mark.parametrize(("path", "text", "name", "lines"), DROPS.values(), ids=DROPS)
def test_a_drop_takes_its_lines_and_no_others(path: str, text: str, name: str, lines: tuple[str, ...]) -> None:
    recipe = read(path, text, "a.patch", "sub/b.patch", "c.patch", "d.patch").without(PatchName(name))
    assert after(recipe, path) == without(text, *lines)
    assert recipe.changes()[f"recipe/{name}"] is None


def test_an_output_may_have_its_own_source() -> None:
    lines = "    source:\n      url: https://example.org/x.zip\n      patches:\n        - d.patch\n"
    text = RECIPE + "\noutputs:\n  - package:\n      name: demo-x\n" + lines
    recipe = read(NEW, text, "a.patch", "sub/b.patch", "c.patch", "d.patch")
    assert names(recipe)[-1] == "d.patch"
    expected = without(text, "      patches:\n        - d.patch\n")
    assert after(recipe.without(PatchName("d.patch")), NEW) == expected


@BOTH
def test_with_the_last_patch_the_list_goes(path: str, text: str) -> None:
    recipe = read(path, text)
    for name in names(recipe):
        recipe = recipe.without(PatchName(name))
    assert "patch" not in after(recipe, path)
    assert recipe.patches == ()
    again = recipe.adding(PatchName("new.patch"), b"x")
    assert names(again) == ["new.patch"]
    assert "patches:\n" in after(again, path)


@BOTH
def test_one_more_comes_at_the_end(path: str, text: str) -> None:
    recipe = read(path, text).adding(PatchName("new.patch"), b"x")
    assert names(recipe) == ["a.patch", "sub/b.patch", "c.patch", "new.patch"]
    assert recipe.patches[-1].condition == ""
    assert recipe.changes()["recipe/new.patch"] == b"x"
    back = recipe.without(PatchName("new.patch"))
    assert back.changes() == {}


MOVED_META = (
    META.replace('"1.2.3"', '"1.3.0"').replace("{% set build = 3 %}", "{% set build = 0 %}").replace("0000", "c" * 64)
)
MOVED_RECIPE = (
    RECIPE.replace('"1.2.3"', '"1.3.0"').replace("build_number: 3", "build_number: 0").replace("0000", "c" * 64)
)
MOVES = {
    "meta.yaml": (OLD, META, MOVED_META, "archive/refs/tags/v1.3.0.tar.gz"),
    "recipe.yaml": (NEW, RECIPE, MOVED_RECIPE, "archive/v1.3.0.tar.gz"),
}


@pytest.mark.parametrize(("path", "text", "expected", "url"), MOVES.values(), ids=MOVES)
def test_a_move_changes_version_build_number_and_checksum(path: str, text: str, expected: str, url: str) -> None:
    moved = read(path, text).moved(to("1.3.0"))
    download = Download(f"https://github.com/o/demo/{url}", "sha256")
    assert moved.downloads() == (download,)
    checked = moved.checked({download: "c" * 64})
    assert checked.downloads() == ()
    assert after(checked, path) == expected
    assert checked.version == "1.3.0"


@BOTH
def test_without_a_release_the_build_number_counts_up(path: str, text: str) -> None:
    moved = read(path, text).moved(to(None))
    expected = text.replace("{% set build = 3 %}", "{% set build = 4 %}").replace("build_number: 3", "build_number: 4")
    assert after(moved, path) == expected


def source(version: str, lines: str, head: str = "") -> str:
    return f"{head}package:\n  name: demo\n  version: {version}\n\nsource:\n{lines}\nbuild:\n  number: 203\n"


VERSIONS = {
    "spelled out": (
        source("1.2.3", "  url: https://example.org/demo-1.2.3.tar.gz\n  fn: demo-1.2.3.tar.gz\n"),
        source("1.3.0", "  url: https://example.org/demo-1.3.0.tar.gz\n  fn: demo-1.3.0.tar.gz\n"),
    ),
    "with other signs": (
        source(
            "{{ tag | replace('_', '.') }}",
            "  url: https://example.org/{{ tag }}.zip\n",
            '{% set tag = "v1_2_3" %}\n',
        ),
        source(
            "{{ tag | replace('_', '.') }}",
            "  url: https://example.org/{{ tag }}.zip\n",
            '{% set tag = "v1_3_0" %}\n',
        ),
    ),
    "made of others": (
        source(
            "{{ major }}.{{ version }}",
            "  url: https://example.org/{{ '.'.join(version.split('.')[:2]) }}/{{ version }}.zip\n",
            "{% set major = 7 %}\n{% set version = '1.2.3' %}\n",
        ),
        source(
            "{{ major }}.{{ version }}",
            "  url: https://example.org/{{ '.'.join(version.split('.')[:2]) }}/{{ version }}.zip\n",
            "{% set major = 7 %}\n{% set version = '1.3.0' %}\n",
        ),
    ),
}


@pytest.mark.parametrize(("before", "expected"), VERSIONS.values(), ids=VERSIONS)
def test_however_the_version_is_written_it_is_found(before: str, expected: str) -> None:
    moved = read(OLD, before).moved(to("1.3.0"))
    assert after(moved, OLD) == expected.replace("number: 203", "number: 200")


def test_each_address_has_the_checksum_of_its_selector() -> None:
    lines = "".join(
        f"  url: https://example.org/{{{{ version }}}}-{os}.zip  # [{os}]\n  sha256: {os}0  # [{os}]\n"
        for os in ("win", "osx")
    )
    text = source("{{ version }}", lines, '{% set version = "1.2.3" %}\n')
    moved = read(OLD, text).moved(to("1.3.0"))
    [win, osx] = moved.downloads()
    checked = after(moved.checked({win: "1" * 64, osx: "2" * 64}), OLD)
    assert f"sha256: {'1' * 64}  # [win]" in checked
    assert f"sha256: {'2' * 64}  # [osx]" in checked


def test_a_git_source_gets_the_commit_and_others_keep_theirs() -> None:
    lines = (
        "  - git_url: https://example.org/demo.git\n    git_rev: " + "a" * 40 + "\n"
        "  - git_url: https://example.org/other.git\n    git_rev: " + "a" * 40 + "\n"
    )
    recipe = read(OLD, source("1.2.3", lines))
    assert recipe.known.upstream == Upstream("git", "https://example.org/demo.git")
    moved = after(recipe.moved(to("1.3.0", "b" * 40)), OLD)
    assert [line.split()[-1][0] for line in moved.splitlines() if "git_rev" in line] == ["b", "a"]
    with pytest.raises(InputError, match="the one of the release is not known"):
        recipe.moved(to("1.3.0"))


ORIGINS = {
    "a registry": (
        "https://example.org/packages/source/d/Demo/demo-{{ version }}.tar.gz",
        "dev_url: https://github.com/o/demo",
        Upstream("pypi", "Demo"),
        Upstream("git", "https://github.com/o/demo"),
    ),
    "its home": (
        "https://example.org/demo-{{ version }}.tar.gz",
        "home: https://github.com/o/demo.git",
        Upstream("git", "https://github.com/o/demo"),
        None,
    ),
    "a page of archives": (
        "https://example.org/{{ '.'.join(version.split('.')[:2]) }}/demo-{{ version }}.tar.gz",
        "home: https://example.org",
        Upstream("tarball", "https://example.org/@LINE@/demo-@VERSION@.tar.gz"),
        None,
    ),
    "nothing": ("https://example.org/demo-{{ version }}.exe", "home: https://example.org", None, None),
}


@pytest.mark.parametrize(("url", "about", "upstream", "history"), ORIGINS.values(), ids=ORIGINS)
def test_where_the_software_comes_from(
    url: str, about: str, upstream: Upstream | None, history: Upstream | None
) -> None:
    text = source("{{ version }}", f"  url: {url}\n", '{% set version = "1.2.3" %}\n') + f"about:\n  {about}\n"
    known = read(OLD, text).known
    assert (known.upstream, known.history) == (upstream, history)
    assert bool(known.doubts) is (history is None)


EXPRESSIONS = {
    "version": "1.2.3",
    "version.replace('.', '_')": "1_2_3",
    "version | replace('.', '')": "123",
    "version.split('.')[0] ~ 'x'": "1x",
    "'.'.join(version.split('.')[:2])": "1.2",
    '(version | split("."))[:2] | join("-")': "1-2",
    "name | lower + '-' + version[0]": "demo-1",
    "version.split('.')[-1]": "3",
    "compiler('c')": None,
    "unknown": None,
    "version if win else ''": None,
    "version[": None,
    "version.__class__": None,
}


@pytest.mark.parametrize(("expression", "value"), EXPRESSIONS.items())
def test_only_plain_expressions_are_followed(expression: str, value: str | None) -> None:
    assert template.evaluated(expression, {"version": "1.2.3", "name": "Demo"}) == value


@given(st.text(alphabet="ab {}%#'\"-\n:[]", max_size=60))
def test_a_masked_text_has_its_lines_and_length(text: str) -> None:
    masked = template.masked(text)
    assert len(masked) == len(text)
    assert [n for n, c in enumerate(masked) if c == "\n"] == [n for n, c in enumerate(text) if c == "\n"]


REFUSED = {
    "no YAML": (META.replace("package:", "package: ["), ": it is no YAML"),
    "a conflict": (META.replace("build:", ">>>>>>> theirs\nbuild:"), f"{OLD}:23: the mark of an unfinished merge"),
    "not UTF-8": (META.encode() + b"\xff", f"{OLD}:34: byte 0xff is not UTF-8"),
    "a missing patch": (META.replace("a.patch", "gone.patch"), f"{OLD}:17: the file recipe/gone.patch is missing"),
    "a name from a template": (META.replace("a.patch", "{{ x() }}.patch"), f"{OLD}:17: the patch {{{{ x() }}}}.patch"),
    "a way out": (META.replace("a.patch", "../../a.patch"), f"{OLD}:17: ../../a.patch leaves the repository"),
    "an absolute path": (META.replace("a.patch", "/etc/passwd"), f"{OLD}:17: '/etc/passwd' is no relative path"),
    "an alias": (META.replace("    - a.patch", "    - *a"), f"{OLD}:17: patches is an alias"),
    "nothing": ("", f"{OLD}: it is empty"),
}


@pytest.mark.parametrize(("text", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_edited_without_loss_is_refused_with_its_line(text: str | bytes, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(OLD, text)
    assert complaint in str(caught.value)


def test_a_symlink_is_not_followed() -> None:
    found = MemoryTree({OLD: (FILE, META.encode()), "recipe/a.patch": (SYMLINK, b"/etc/passwd")})
    with pytest.raises(HostileInput, match=r"recipe/a\.patch is or passes through a symlink"):
        FORMAT.read(found, Place("demo", OLD))


MOVES_REFUSED = {
    "no plain version": (source("{{ major }}.{{ minor }}", "  url: x\n"), "the version is no plain text"),
    "nothing follows": (source("1.2.3", "  url: https://example.org/demo.zip\n"), "no source of the recipe follows"),
    "an address that needs the template": (
        META.replace("tags/v{{ version }}", "tags/v{{ version if x else y }}"),
        "cannot be followed without running the template",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), MOVES_REFUSED.values(), ids=MOVES_REFUSED)
def test_a_move_that_would_be_wrong_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(OLD, text).moved(to("1.3.0"))
    assert complaint in str(caught.value)


LISTS = st.lists(
    st.tuples(st.sampled_from("pqrstuvw"), st.sampled_from(["", "  # [win]", "if"]), st.booleans()),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(LISTS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_dropping_each_patch_in_turn_leaves_the_rest(
    patches: list[tuple[str, str, bool]], newline: str, ends: bool, bom: bool
) -> None:
    lines, used = "", [f"{name}.patch" for name, _, _ in patches]
    for name, how, commented in patches:
        line = (f"    # about {name}\n" if commented else "") + f"    - {name}.patch"
        lines += f"{{% if a %}}\n{line}\n{{% endif %}}\n" if how == "if" else f"{line}{how}\n"
    head = META[: META.index("    # not yet")]
    text = ("\ufeff" if bom else "") + (head + lines + "\nbuild:\n  number: 1\n" if ends else (head + lines).rstrip())
    text = text.replace("\n", newline)
    whole = tree(OLD, text, *used)
    recipe = FORMAT.read(whole, Place("demo", OLD))
    assert names(recipe) == used
    kept = text.splitlines()
    for name in used:
        changed = recipe.without(PatchName(name))
        again = FORMAT.read(Overlay(whole, changed.changes()), Place("demo", OLD))
        assert [(p.name, p.condition) for p in again.patches] == [
            (p.name, p.condition) for p in recipe.patches if p.name != name
        ]
        left = after(changed, OLD).splitlines()
        lost = len(kept) - len(left)
        start = next((n for n, line in enumerate(left) if line != kept[n]), len(left))
        assert kept[:start] + kept[start + lost :] == left
