"""The first release that has a dropped patch: the earliest from which every release up to the target has it."""

from __future__ import annotations

import pytest

from syncbot import judge
from syncbot.errors import HostileInput, UpstreamUnreachable
from syncbot.services.first_release import with_first_releases
from syncbot.services.workspace import quiet
from tests.services.fakes import FakeSource, patch, release, text

OLD, TEN, BOTH = text(), text(l10="ten"), text(l10="ten", l30="thirty")
SERIES = (patch("ten.patch", 10, "ten"), patch("thirty.patch", 30, "thirty"))


def first(source: FakeSource) -> dict[str, str | None]:
    """{patch: first release} with the oldest release as base and the newest as target."""
    releases = list(source.releases())

    def tree(wanted):  # type: ignore[no-untyped-def]
        return source.tree(wanted, quiet)

    found = judge.judge_series(SERIES, tree(releases[0]), tree(releases[-1]))
    source.read.clear()
    told = with_first_releases(found, SERIES, releases[0], releases[1:], tree)
    return {p.name: p.first_release for p in told.patches}


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([OLD, BOTH], ("1.1", "1.1")),
        ([OLD, OLD, TEN, TEN, BOTH], ("1.2", "1.4")),
        ([OLD, BOTH, OLD, BOTH, BOTH], ("1.3", "1.3")),
        ([OLD, TEN, OLD, TEN], ("1.3", None)),
        ([OLD, OLD], (None, None)),
    ],
    ids=["at once", "one after the other", "merged, reverted, merged again", "one of them", "none"],
)
def test_first_release(contents: list[bytes], expected: tuple[str | None, str | None]) -> None:
    source = FakeSource({f"1.{n}": content for n, content in enumerate(contents)})
    assert first(source) == dict(zip(("ten.patch", "thirty.patch"), expected, strict=True))


def test_only_as_many_trees_are_read_as_the_answer_needs() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD, "1.2": OLD, "1.3": BOTH, "1.4": BOTH})
    assert first(source) == {"ten.patch": "1.3", "thirty.patch": "1.3"}
    assert sorted(set(source.read)) == ["1.0", "1.2", "1.3"]


def test_no_tree_is_read_where_nothing_is_dropped() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD, "1.2": OLD})
    first(source)
    assert source.read == []


def test_an_archive_that_is_refused_ends_the_walk() -> None:
    source = FakeSource({"1.0": OLD, "1.1": BOTH, "1.2": BOTH}, {"1.1": HostileInput("it leaves its folder")})
    assert first(source) == {"ten.patch": "1.2", "thirty.patch": "1.2"}


def test_an_upstream_out_of_reach_is_no_answer() -> None:
    source = FakeSource({"1.0": OLD, "1.1": BOTH, "1.2": BOTH}, {"1.1": UpstreamUnreachable("gone fishing")})
    with pytest.raises(UpstreamUnreachable):
        first(source)


def test_release_names_are_versions() -> None:
    assert release("v1.0").version == "1.0"
