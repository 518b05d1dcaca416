"""Remembered answers are the answers that the judge would give."""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncbot import judge
from syncbot.errors import SyncbotError
from syncbot.judge.history import History
from syncbot.model.ids import PackageName
from syncbot.model.judgement import SeriesJudgement
from syncbot.model.memory import Memory
from syncbot.model.packages import Package
from syncbot.model.releases import Release
from syncbot.model.trees import FILE, MemoryTree, Tree
from syncbot.ports.crew import Bench
from syncbot.services import tracing, work
from syncbot.services.recall import Promise, Recall, memory_key
from syncbot.sources import open_source
from tests.services.fakes import patch, release, text
from tests.services.histories import ArchiveLife, GitLife

NOON = datetime(2024, 1, 2, 12, tzinfo=UTC)


def quiet(what: str, done: int, total: int) -> None:
    """Progress for nobody."""


def answers(life: GitLife | ArchiveLife, cache: Path) -> Bench:
    return Bench(lambda package: open_source(package.upstream, cache, environ=life.environ), quiet)


def judged(bench: Bench, package: Package, known: tuple[Memory, ...]) -> work.Judged | None:
    """The package as a sync judges it, None where it has nowhere to go."""
    looked = work.look(bench, work.Look(package, {}, {}))
    assert isinstance(looked, work.Looked), looked
    if not looked.key:
        return None
    done = work.judged(bench, work.Judge(package, looked.choice, looked.key, NOON, known, True))
    assert isinstance(done, work.Judged), done
    return done


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [GitLife, ArchiveLife])
def test_over_random_histories_memory_says_what_the_judge_says(
    kind: type[GitLife | ArchiveLife], seed: int, tmp_path: Path
) -> None:
    life = kind(seed, tmp_path)
    bench = answers(life, tmp_path / "cache")
    known: list[Memory] = []
    stored: dict[str, SeriesJudgement] = {}
    for _day in life.days(8):
        fresh = judged(bench, life.package, ())
        if fresh is None:
            continue
        remembered = judged(bench, life.package, tuple(reversed(known)))
        assert remembered is not None
        assert remembered.stored == fresh.stored
        assert str(remembered.promise) == str(fresh.promise), "errors have no equality of their own"
        known += remembered.learnt
        before = stored.setdefault(fresh.stored.key, fresh.stored.judgement)
        assert before == fresh.stored.judgement, "the key of all inputs says it, too"
    assert known


@pytest.mark.parametrize("kind", [GitLife, ArchiveLife])
def test_a_release_that_left_the_files_alone_is_not_judged(
    kind: type[GitLife | ArchiveLife], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = kind(1, tmp_path)
    bench = answers(life, tmp_path / "cache")
    monkeypatch.setattr(life.living, "step", life.living._elsewhere)
    package = replace(life.package, series=life.living.series[:3])  # the fourth adds a file: it asks for all paths
    known: tuple[Memory, ...] = ()
    count = 0
    real = judge.judge_series

    def counted(*arguments: object, **rest: object) -> SeriesJudgement:
        nonlocal count
        count += 1
        return real(*arguments, **rest)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(judge, "judge_series", counted)
    targets = set()
    for _day in life.days(6):
        done = judged(bench, package, known)
        if done is not None:
            known = (*done.learnt, *known)
            targets.add(done.stored.judgement.target)
            assert [p.verdict.value for p in done.stored.judgement.patches] == ["untouched"] * 3
    assert len(targets) > 2
    assert count <= 2, "once; and once more where a package at its newest release is judged against that"


class Counted(MemoryTree):
    """A tree that counts what is read."""

    def __init__(self, **files: bytes) -> None:
        super().__init__({name.replace("_", "."): (FILE, content) for name, content in files.items()})
        self.reads: list[str] = []

    def read(self, path: str) -> bytes | None:
        self.reads.append(path)
        return super().read(path)


SERIES = (patch("ten.patch", 10, "ten"), patch("twenty.patch", 20, "twenty"))
ONE, TWO, THREE = release("1.0"), release("1.1"), release("1.2")


def of(trees: dict[Release, Tree]) -> Recall:
    """A recall that knows the series against the second release."""
    first = Recall(PackageName("lib"))
    first.verified(SERIES, ONE, TWO, trees.__getitem__)
    return Recall(PackageName("lib"), first.new)


def test_a_hit_reads_no_content() -> None:
    same = {"a_c": text(l30="other"), "b_c": b"b\n"}
    trees = {ONE: Counted(a_c=text(), b_c=b"x\n"), TWO: Counted(**same), THREE: Counted(a_c=same["a_c"], b_c=b"y\n")}
    recall = of(dict(trees))
    for tree in trees.values():
        tree.reads.clear()
    found, promise = recall.verified(SERIES, ONE, THREE, trees.__getitem__)
    assert (found.base, found.target) == ("1.0", "1.2")
    assert (promise, recall.new) == (Promise(), [])
    assert not any(tree.reads for tree in trees.values())


def test_a_file_that_changed_is_judged_again() -> None:
    trees: dict[Release, Tree] = {
        ONE: Counted(a_c=text()),
        TWO: Counted(a_c=text()),
        THREE: Counted(a_c=text(l10="ten")),
    }
    found = of(trees).judged(SERIES, ONE, THREE, trees.__getitem__)
    assert [p.verdict.value for p in found.patches] == ["obsolete", "applies"]


def test_a_base_that_moved_below_an_unchanged_stack_costs_look_ups() -> None:
    content = {"a_c": text(l30="other")}
    trees: dict[Release, Tree] = {ONE: Counted(a_c=text()), TWO: Counted(**content), THREE: Counted(**content)}
    recall = Recall(PackageName("lib"))
    recall.judged(SERIES, TWO, TWO, trees.__getitem__)
    assert recall.judged(SERIES, TWO, THREE, trees.__getitem__).patches[0].verdict.value == "untouched"
    assert len(recall.new) == 1


def test_an_added_file_is_asked_about_by_all_paths() -> None:
    """A patch of a file that the release has not: where it went depends on what else is new there."""
    moved = {"b_c": text()}
    trees: dict[Release, Tree] = {
        ONE: Counted(a_c=text()),
        TWO: Counted(x_c=b"x\n"),
        THREE: Counted(x_c=b"x\n", **moved),
    }
    recall = of(trees)
    assert recall.judged(SERIES, ONE, TWO, trees.__getitem__).patches[0].verdict.value == "moot"
    found = recall.judged(SERIES, ONE, THREE, trees.__getitem__)
    assert found == judge.judge_series(SERIES, trees[ONE], trees[THREE], base_name="1.0", target_name="1.2")
    assert found.patches[0].verdict.value != "moot"


def test_a_judgement_that_names_its_release_holds_for_no_other() -> None:
    """A trimmed patch says in its header which release has the rest."""
    both = replace(SERIES[0], content=SERIES[0].content + SERIES[1].content.split(b"+++ b/a.c\n")[1])
    trees: dict[Release, Tree] = {
        ONE: Counted(a_c=text()),
        TWO: Counted(a_c=text(l10="ten")),
        THREE: Counted(a_c=text(l10="ten")),
    }
    recall = Recall(PackageName("lib"))
    for target in (TWO, THREE):
        [found] = recall.judged((both,), ONE, target, trees.__getitem__).patches
        assert found.verdict.value == "trim"
        assert f"in {target.version}".encode() in (found.refreshed or b"")


@pytest.mark.parametrize("series", [SERIES[:1], SERIES[::-1], (replace(SERIES[0], keep="ours"), SERIES[1])])
def test_another_series_is_not_remembered(series: tuple[object, ...]) -> None:
    assert memory_key(series) != memory_key(SERIES)  # type: ignore[arg-type]  # a table of series


def test_a_promise_that_breaks_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    trees: dict[Release, Tree] = {ONE: Counted(a_c=text()), TWO: Counted(a_c=text(l30="other"))}

    def broken(*_: object) -> None:
        raise SyncbotError("no")

    monkeypatch.setattr(judge, "verify_promise", broken)
    recall = Recall(PackageName("lib"))
    _, promise = recall.verified(SERIES, ONE, TWO, trees.__getitem__)
    assert promise is not None
    assert str(promise.broken) == "no"
    assert recall.new == []


def test_every_part_of_a_lineage_is_noted() -> None:
    """Who gives a lineage one more part has it noted in `tracing.noted_lineage` and asked again in `recall._answer`, or
    answers would be remembered that have changed."""
    assert list(inspect.signature(judge.Lineage).parameters) == ["history", "first_release", "expected"]
    asked = {name for name in vars(History) if not name.startswith("_")}
    assert asked == {name for name in vars(tracing.NotedHistory) if not name.startswith("_")}
    assert asked - {"blob"} == set(tracing.QUESTIONS) - {"missing"}
