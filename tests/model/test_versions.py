"""Versions: what tags say, in which order they come, what a range admits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version as PepVersion

from syncbot.errors import InputError
from syncbot.model.releases import Release
from syncbot.model.versions import Range, Version, normalise, one_scheme, select, version

numbers = st.integers(0, 40)


@pytest.mark.parametrize(
    ("tag", "text", "early"),
    [
        ("v1.2.3", "1.2.3", False),
        ("V_9_6_P1", "9.6-p1", False),
        ("1.2.3", "1.2.3", False),
        ("curl-8_5_0", "8.5.0", False),
        ("REL_15_3", "15.3", False),
        ("REL_15_BETA1", "15-beta1", True),
        ("OpenSSL_1_1_1w", "1.1.1w", False),
        ("release-74-2", "74.2", False),
        ("go1.21.5", "1.21.5", False),
        ("log4j-2.17.0", "2.17.0", False),
        ("libpng16-1.6.40", "1.6.40", False),
        ("2024a", "2024a", False),
        ("24.04", "24.04", False),
        ("1.2rc1", "1.2rc1", True),
        ("1.2-beta.3", "1.2-beta.3", True),
        ("1.0~rc1", "1.0-rc1", True),
        ("1.2.3.post1", "1.2.3.post1", False),
        ("1.2a", "1.2a", False),
        ("7.1.1-15", "7.1.1-15", False),
        ("2024-01-31", "2024.01.31", False),
        ("20240131", "20240131", False),
        ("nightly-2024-01-31", "2024.01.31-nightly", True),
        ("1:2.3", "1!2.3", False),
        ("2!1.0", "2!1.0", False),
        ("release-1.2", "1.2", False),
        ("name/v1.2", "1.2", False),
        ("a/b/v1.2", "1.2", False),
        ("@scope/pkg@1.2.3", "1.2.3", False),
        ("pkg@1.2.3", "1.2.3", False),
        ("v0.0.0-20240102150405-abcdef123456", "0.0.0-dev.20240102150405+abcdef123456", True),
        ("v1.2.4-rc.1.0.20240102150405-abcdef123456", "1.2.4-rc.1.dev.20240102150405+abcdef123456", True),
        ("20240131.abcdef123456", "20240131+abcdef123456", False),
        ("1.2.3+local.1", "1.2.3+local.1", False),
        ("4.2.0.Final", "4.2.0", False),
        ("1.2.3-14-g2414721", "1.2.3-14+g2414721", False),
    ],
)
def test_a_tag_says_its_version(tag: str, text: str, early: bool) -> None:
    found = normalise(tag)
    assert found is not None
    assert (found.text, found.prerelease) == (text, early)
    again = normalise(found.text)
    assert again == found
    assert again is not None
    assert again.text == text


@pytest.mark.parametrize(
    "tag",
    ["", "latest", "nightly", "foo2", "deadbeef", "CVE-2024-1234", "pr-12", "v", "1.2/x", "1.2 3", "1.2é", "9" * 300],
)
def test_a_tag_that_is_no_version_says_none(tag: str) -> None:
    assert normalise(tag) is None


def test_a_project_name_with_digits_may_stand_before_the_version() -> None:
    found = normalise("lib2to3_1.5", project="lib2to3")
    assert found is not None
    assert found.text == "1.5"


def test_a_pattern_says_where_the_version_is_and_which_tags_count() -> None:
    pattern = r"^core/(.+)$"
    assert normalise("core/v1.2", pattern=pattern) == version("1.2")
    assert normalise("docs/v1.2", pattern=pattern) is None


@pytest.mark.parametrize("pattern", ["(", "no-group", "(a)(b)"])
def test_a_pattern_that_cannot_be_used_is_an_input_error(pattern: str) -> None:
    with pytest.raises(InputError, match="tag_pattern"):
        normalise("1.2", pattern=pattern)


@pytest.mark.parametrize(
    "line",
    [
        "1.0.dev1 < 1.0-alpha < 1.0-alpha.1 < 1.0-beta < 1.0-rc1 < 1.0 < 1.0-1 < 1.0-2 < 1.0a < 1.0b < 1.0.1 < 1.1",
        "2023d < 2024a < 2024b < 2024.1",
        "1.9 < 1.10 < 1.10.1",
        "1.1.1 < 1.1.1a < 1.1.1w < 3.0.0-alpha1 < 3.0.0",
        "9.6 < 9.6p1 < 9.6p2 < 9.7",
        "4.2.8p9 < 4.2.8p10",
        "9.9 < 1!0.1",
        "1.0-unheard < 1.0",
        "20231231 < 20240131 < 20240131.2",
        "0.0.0-20240102150405-abcdef123456 < 0.0.0-20240202150405-0bcdef123456 < 0.0.1",
        "1.0 < 1.0+1 < 1.0+2 < 1.0.post1",
    ],
)
def test_versions_come_in_this_order(line: str) -> None:
    order = [version(text.strip()) for text in line.split("<")]
    assert sorted(reversed(order)) == order  # noqa: C414  # from the worst order
    assert all(a < b and a != b for a, b in itertools.pairwise(order))


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1.0.0"), ("v1", "1"), ("1.0a1", "1.0alpha1"), ("1.0-1", "1.0.post1")]
)
def test_spellings_of_one_version_are_equal(one: str, other: str) -> None:
    assert version(one) == version(other)
    assert len({version(one), version(other)}) == 1


mark = st.sampled_from(["", ".", "-"])
tail_word = st.sampled_from(["a", "b", "rc", "dev", "post", "p", "x", "final", "alpha", "7"])
tail = st.tuples(mark, tail_word, mark, st.sampled_from(["", "0", "1", "10"])).map("".join)
any_version = st.builds(
    lambda epoch, release, tail: f"{epoch}{'.'.join(map(str, release))}{''.join(tail)}",
    st.sampled_from(["", "", "1!"]),
    st.lists(numbers, min_size=1, max_size=4),
    st.lists(tail, max_size=3),
).map(normalise)


@given(any_version, any_version, any_version)
def test_the_order_is_total(a: Version | None, b: Version | None, c: Version | None) -> None:
    assume(a is not None and b is not None and c is not None)
    assert a is not None
    assert b is not None
    assert c is not None
    assert (a < b) + (a == b) + (b < a) == 1
    assert not (a <= b and b <= c) or a <= c
    assert not (a <= b and b <= a) or (a == b and hash(a) == hash(b))


@given(st.lists(st.from_regex(r"[0-9]{1,13}", fullmatch=True), min_size=1, max_size=12))
def test_plain_numbers_are_read_as_all_others_are(numbers: list[str]) -> None:
    text = ".".join(numbers)
    plain, long = normalise(text), normalise(f"{text}-final")  # a word that says nothing
    assert plain is not None
    assert long is not None
    assert [getattr(plain, slot) for slot in Version.__slots__] == [getattr(long, slot) for slot in Version.__slots__]


@given(any_version)
def test_the_normal_form_is_stable(found: Version | None) -> None:
    assume(found is not None)
    assert found is not None
    again = version(found.text)
    assert (again, again.text, again.prerelease) == (found, found.text, found.prerelease)


@st.composite
def pep440(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(["", "", "1!"])) + ".".join(map(str, draw(st.lists(numbers, min_size=1, max_size=4))))
    for words in (("a", "b", "rc"), (".post",), (".dev",), ("+local.",)):
        if draw(st.integers(0, 3)) == 0:
            text += f"{draw(st.sampled_from(words))}{draw(st.integers(0, 12))}"
    return str(PepVersion(text))


@given(pep440(), pep440())
def test_the_order_agrees_with_pep_440(a: str, b: str) -> None:
    assert (version(a) < version(b)) == (PepVersion(a) < PepVersion(b))
    assert (version(a) == version(b)) == (PepVersion(a) == PepVersion(b))
    assert version(a).prerelease == PepVersion(a).is_prerelease


word = st.sampled_from(["alpha", "beta", "gamma", "rc", "canary", "next", "zeta", "experimental"])


@st.composite
def semver(draw: st.DrawFn) -> tuple[str, tuple[object, ...]]:
    """A version and the key that semantic versioning's rule 11 gives it."""
    core = draw(st.tuples(numbers, numbers, numbers))
    text = ".".join(map(str, core))
    if draw(st.booleans()):
        return text, (core, 1, ())
    parts = [draw(word), *draw(st.lists(st.one_of(word, numbers), max_size=3))]
    key = tuple((1, 0, part) if isinstance(part, str) else (0, part, "") for part in parts)
    return f"{text}-{'.'.join(map(str, parts))}", (core, 0, key)


@given(semver(), semver())
def test_the_order_agrees_with_semantic_versioning(a: tuple[str, tuple[object]], b: tuple[str, tuple[object]]) -> None:
    assert (version(a[0]) < version(b[0])) == (a[1] < b[1])
    assert (version(a[0]) == version(b[0])) == (a[1] == b[1])


@pytest.mark.parametrize(
    ("range", "inside", "outside"),
    [
        ("", "1 2.0rc1 2024a", ""),
        ("*", "1 2", ""),
        ("8.*", "8 8.0 8.5.1 8.1rc1", "7.9 9 80"),
        ("8.x", "8.1", "9"),
        ("==1.2.*", "1.2 1.2.9", "1.3 1.20"),
        ("!=1.2.*", "1.3", "1.2.1"),
        (">=2,<3", "2 2.9", "1.9 2rc1 3rc1 3 3.1"),
        (">= 2 , < 3", "2.5", "3"),
        (">=2 <3", "2.5", "3"),
        ("<3rc2", "3rc1", "3rc2 3"),
        ("~=1.4", "1.4 1.9", "1.3 2.0 2.0rc1"),
        ("~=1.4.2", "1.4.2 1.4.9", "1.4.1 1.5"),
        ("~1.4.2", "1.4.2 1.4.9", "1.5"),
        ("^1.2", "1.2 1.9", "1.1 2.0 2.0-alpha"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("1.2.3", "1.2.3 v1.2.3 1.2.3+local", "1.2.4"),
        ("=1.2", "1.2.0", "1.2.1"),
        ("!=1.5", "1.4 1.6", "1.5.0"),
        (">2023c,<=2024a", "2023d 2024a", "2023c 2024b"),
        ("1!2.*", "1!2.5", "2.5"),
    ],
)
def test_a_range_admits_and_refuses(range: str, inside: str, outside: str) -> None:
    wanted = Range.parse(range)
    assert [text for text in inside.split() if not wanted.admits(version(text))] == []
    assert [text for text in outside.split() if wanted.admits(version(text))] == []


@pytest.mark.parametrize("text", [">=", "abc", ">=1,", "~=1", ">=1.*", "1 || 2", "<<1", "^x", "1.*.2"])
def test_a_range_that_cannot_be_read_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InputError, match=r"range .*; write it like"):
        Range.parse(text)


@given(pep440(), pep440(), st.sampled_from(["==", "!=", "<=", ">=", "<"]))
def test_ranges_agree_with_pep_440(found: str, bound: str, operator: str) -> None:
    assume("+" not in bound and "+" not in found)
    expected = SpecifierSet(f"{operator}{bound}", prereleases=True).contains(found, prereleases=True)
    assert Range.parse(f"{operator}{bound}").admits(version(found)) == expected


def release(text: str, *, yanked: bool = False, early: bool | None = None) -> Release:
    found = normalise(text)
    early = bool(found and found.prerelease) if early is None else early
    return Release(text, text, f"id-{text}", prerelease=early, yanked=yanked)


def test_the_tracked_line_is_what_is_stable_in_range_and_not_yanked_oldest_first() -> None:
    releases = [release(t) for t in ("2.0", "1.10", "1.9", "1.11rc1", "0.9")] + [release("1.12", yanked=True)]
    stable = select(releases, track="stable", range="1.*")
    early = select(releases, track="prerelease", range=Range.parse("1.*"))
    assert [r.version for r in stable] == ["1.9", "1.10"]
    assert [r.version for r in early] == ["1.9", "1.10", "1.11rc1"]
    assert select(releases, track="branch:main", range="1.*") == stable


def test_what_the_registry_calls_a_prerelease_is_one() -> None:
    assert select([release("1.0", early=True)], track="stable", range="") == ()


def test_a_release_that_cannot_be_ordered_is_said_with_the_remedy() -> None:
    with pytest.raises(InputError, match=r"'bogus' is no version, so it cannot be ordered.*tag_pattern"):
        select([release("1.0"), release("bogus")], track="stable", range="")


def test_an_unknown_track_is_refused() -> None:
    with pytest.raises(InputError, match="unknown track 'weekly'"):
        select([], track="weekly", range="")


def test_a_day_is_no_newer_release_of_a_project_that_counts_with_dots() -> None:
    """Old tags such as 20001016, of a time before the project had versions."""
    known = [Release(text, text, text) for text in ("0211104", "1.3.9", "1.3.12", "20001016", "256")]
    assert [r.version for r in one_scheme(known, "1.3.9")] == ["1.3.9", "1.3.12", "256"]
    assert len(one_scheme(known, "20001016")) == len(known)
    days = [Release(text, text, text) for text in ("20230101", "20240101", "1.0")]
    assert len(one_scheme(days, "1.0")) == 3, "the project may have begun to count by days"
