"""Base release and target."""

from __future__ import annotations

import pytest

from syncbot.errors import InputError, UpstreamChanged
from syncbot.model.packages import Policy, Step
from syncbot.model.releases import Release
from syncbot.services.choose import Choice, choose
from syncbot.services.workspace import quiet
from tests.services.fakes import FakeSource, package, patch, release, text

OLD, NEW = text(), text(l10="upstream's own")
TEN = patch("ten.patch", 10, "ten")
HEAD = Release("20240102.aaaaaaaaaaaa", "main", "a" * 40)


def versions(choice: Choice) -> tuple[str, str | None, list[str]]:
    target = None if choice.target is None else choice.target.version
    return choice.base.version, target, [r.version for r in choice.between]


@pytest.mark.parametrize(
    ("base", "found"),
    [("1.0", "1.0"), ("v1.1", "1.1"), ("1.1.0", "1.1"), ("1.2rc1", "1.2rc1")],
)
def test_a_declared_base_is_found_by_version_by_tag_and_by_meaning(base: str, found: str) -> None:
    source = FakeSource({"1.0": OLD, "v1.1": OLD, "1.2rc1": OLD, "1.2": OLD})
    assert choose(package(base=base), source, {}, quiet).base.version == found


def test_latest_goes_to_the_newest_and_knows_what_lies_between() -> None:
    source = FakeSource({"0.9": OLD, "1.0": OLD, "1.1": OLD, "1.2rc1": OLD, "1.2": OLD})
    assert versions(choose(package(), source, {}, quiet)) == ("1.0", "1.2", ["1.1", "1.2"])
    assert source.read == []


def test_each_goes_to_the_next() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD, "1.2": OLD})
    step = package(policy=Policy(step=Step.EACH))
    assert versions(choose(step, source, {}, quiet)) == ("1.0", "1.1", ["1.1"])


def test_a_range_keeps_to_its_line() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD, "2.0": OLD})
    assert versions(choose(package(range="1.*"), source, {}, quiet)) == ("1.0", "1.1", ["1.1"])


def test_nothing_newer_is_up_to_date() -> None:
    assert versions(choose(package(base="1.1"), FakeSource({"1.0": OLD, "1.1": OLD}), {}, quiet)) == ("1.1", None, [])


def test_an_undeclared_base_is_the_newest_that_all_patches_apply_to() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD, "1.2": NEW, "1.3": NEW})
    assert versions(choose(package(TEN, base=None), source, {}, quiet)) == ("1.1", "1.3", ["1.2", "1.3"])
    assert source.read == ["1.3", "1.2", "1.1"]


def test_without_patches_it_is_the_newest_and_no_tree_is_read() -> None:
    source = FakeSource({"1.0": OLD, "1.1": OLD})
    assert choose(package(base=None), source, {}, quiet).base.version == "1.1"
    assert source.read == []


def test_a_branch_goes_to_its_head_and_stands_there() -> None:
    source = FakeSource({"1.0": OLD}, head=HEAD)
    policy = Policy(track="branch:main")
    assert versions(choose(package(policy=policy), source, {}, quiet))[1] == HEAD.version
    assert choose(package(base=HEAD.version, policy=policy), source, {}, quiet).target is None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            package(TEN, base="3.0"),
            "the base release 3.0 of lib is not among the 2 releases of git:https://example.org",
        ),
        (package(base="odd"), "'odd' is no version"),
        (package(TEN, base=None, range="9.*"), "has no release on the line stable in '9.*'"),
        (package(patch("x", 20, "y"), TEN, base=None, range="<1.0"), "has no release"),
        (package(policy=Policy(track="branch:dev")), "has no branch dev"),
    ],
)
def test_what_cannot_be_chosen_says_why_without_the_secret(wrong: object, words: str) -> None:
    with pytest.raises(InputError) as caught:
        choose(wrong, FakeSource({"1.0": OLD, "2.0": OLD}), {}, quiet)  # type: ignore[arg-type]  # a table of packages
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.remedy


def test_the_hint_names_the_release_before() -> None:
    with pytest.raises(InputError, match=r"the one before is 1\.0"):
        choose(package(base="1.5"), FakeSource({"1.0": OLD, "2.0": OLD}), {}, quiet)


@pytest.mark.parametrize("version", ["1.0", "1.2"])
def test_a_base_or_target_that_changed_is_refused(version: str) -> None:
    seen = {version: release(version, identity="what it was")}
    with pytest.raises(UpstreamChanged, match="what it was is now id of"):
        choose(package(), FakeSource({"1.0": OLD, "1.1": OLD, "1.2": OLD}), seen, quiet)


def test_another_release_that_changed_or_went_is_an_alert() -> None:
    seen = {v: release(v, identity=f"was {v}") for v in ("1.1", "0.5")} | {HEAD.version: HEAD}
    choice = choose(package(), FakeSource({"1.0": OLD, "1.1": OLD, "1.2": OLD}), seen, quiet)
    assert [alert.partition(";")[0] for alert in choice.alerts] == [
        "release 1.1 changed after it was seen: was 1.1 is now id of 1.1",
        "release 0.5 was seen before, but upstream no longer has it",
    ]
