"""Dropped patches judged again where only trees are known: what the release has lost is needed again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from syncbot.errors import SyncbotError, UpstreamChanged
from syncbot.model.ids import PackageName
from syncbot.model.judgement import Judgement
from syncbot.model.packages import Package, SeriesPatch
from syncbot.model.proposals import DroppedPatch
from syncbot.model.releases import Release
from syncbot.model.trees import FILE, MemoryTree, Tree
from syncbot.model.verdicts import Action, Fit, Proof, Verdict
from syncbot.ports import Progress
from syncbot.ports.crew import Bench
from syncbot.services.returned import Rejudge, Returned, Standing, rejudged, returned_fingerprint
from tests.services.fakes import package, patch, release, text

TEN = patch("ten.patch", 10, "ten")
FORTY = patch("twenty.patch", 20, "twenty")


@dataclass
class Trees:
    """An upstream without history."""

    contents: dict[str, bytes]
    broken: dict[str, SyncbotError] = field(default_factory=dict)

    def tree(self, release: Release, progress: Progress) -> Tree:
        progress("reading", 0, 0)
        if release.version in self.broken:
            raise self.broken[release.version]
        return MemoryTree({"a.c": (FILE, self.contents[release.version])})

    def lineage(self, base: Release, target: Release, progress: Progress) -> None:
        progress(f"{base.version} to {target.version}: no history", 0, 0)


def quiet(what: str, done: int, total: int) -> None:
    """Nobody is told."""


def gone(dropped: SeriesPatch) -> DroppedPatch:
    was = Judgement(1, dropped.name, Fit.NONE, Verdict.OBSOLETE, Action.DROP, "", Proof.PROVED)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    base, target = release("1.0"), release("1.1")
    return DroppedPatch(PackageName("lib"), dropped.name, dropped.content, None, was, base, target, "1", at)


def again(now: bytes, *carried: SeriesPatch, series: tuple[SeriesPatch, ...] = (TEN,)) -> Judgement:
    """The dropped TEN against release 1.2 with this content."""
    source = Trees({"1.0": text(), "1.1": text(l10="ten"), "1.2": now})
    standing = Standing(package(*carried), release("1.2"), carried, "state")
    found = rejudged(bench(source), Rejudge(standing, (gone(TEN),), (series,)))
    assert not isinstance(found, str), found
    [judged] = found
    return judged


def bench(source: Trees) -> Bench:
    def opened(asked: Package) -> Trees:
        assert asked.name == "lib"
        return source

    return Bench(opened, quiet)  # type: ignore[arg-type]  # the two methods of a source that are asked


@pytest.mark.parametrize(
    ("now", "verdict", "action"),
    [
        (text(), Verdict.UNTOUCHED, Action.KEEP),
        (text(l30="thirty"), Verdict.APPLIES, Action.KEEP),
        (text(l8="eight", l12="twelve"), Verdict.REFRESH, Action.REWRITE),
        (text(l10="ten"), Verdict.OBSOLETE, Action.DROP),
        (text(l10="ten", l30="thirty"), Verdict.OBSOLETE, Action.DROP),
    ],
)
def test_what_a_dropped_patch_is_to_a_later_release(now: bytes, verdict: Verdict, action: Action) -> None:
    found = again(now)
    assert (found.verdict, found.action) == (verdict, action)


def test_what_upstream_wrote_anew_is_no_return() -> None:
    assert again(text(l10="quite another line")).action is Action.ASK


def test_it_is_made_to_fit_on_top_of_what_is_carried() -> None:
    eleven = patch("eleven.patch", 11, "eleven")
    found = again(text(), eleven)
    assert found.refreshed is not None
    assert b" eleven\n" in found.refreshed


def test_what_is_carried_again_under_another_name_is_no_return() -> None:
    mine = SeriesPatch(patch("mine.patch", 1, "x").name, TEN.content)
    assert again(text(), mine).verdict is Verdict.OBSOLETE


def test_it_is_judged_on_top_of_the_patches_that_it_stood_on() -> None:
    below = patch("below.patch", 8, "eight")
    above = SeriesPatch(TEN.name, TEN.content.replace(b" line 8\n", b" eight\n"))
    source = Trees({"1.0": text(), "1.2": text(l8="eight")})
    standing = Standing(package(), release("1.2"), (), "state")
    found = rejudged(bench(source), Rejudge(standing, (gone(above),), ((below, above),)))
    assert not isinstance(found, str), found
    [judged] = found
    assert (judged.verdict, judged.action) == (Verdict.APPLIES, Action.KEEP)


def test_a_base_that_upstream_no_longer_has_is_told_in_words() -> None:
    source = Trees({"1.2": text()}, {"1.0": UpstreamChanged("the tag v1.0 is gone", "ask upstream why")})
    standing = Standing(package(), release("1.2"), (), "state")
    assert "the tag v1.0 is gone" in str(rejudged(bench(source), Rejudge(standing, (gone(TEN),), ((TEN,),))))


def test_an_alert_says_what_happened() -> None:
    found = Returned(gone(TEN), again(text()), release("1.2"))
    assert found.alert == (
        "ten.patch, dropped with 1.1, is needed again: 1.2 has it no more (its lines are as they were before it)"
    )


def test_the_fingerprint_is_of_the_drop_not_of_the_release_that_lost_it() -> None:
    here = Returned(gone(TEN), again(text()), release("1.2"))
    later = Returned(gone(TEN), again(text(l30="thirty")), release("1.3"))
    assert here.fingerprint == later.fingerprint == returned_fingerprint(gone(TEN))
    assert returned_fingerprint(gone(FORTY)) != here.fingerprint
