"""How long the reports take over many packages with a past: queries in a process that is there, and whole commands."""

from __future__ import annotations

import difflib
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks.faces import commands, least, pages, timed
from benchmarks.tables import Report, Table
from benchmarks.workspaces import SEALED, git
from syncbot.model.ids import CommitId, Fingerprint, PackageName, PatchName
from syncbot.model.judgement import Evidence, FileReport, HunkReport, Judgement, SeriesJudgement
from syncbot.model.measures import Standing
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import DroppedPatch, ProposalRecord, StoredJudgement
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict
from syncbot.report import digest as digests
from syncbot.report import measure_documents, measure_tables
from syncbot.report.measured import Wanted, chosen, owners, sorted_packages, upstreamable
from syncbot.report.table import plain
from syncbot.services import viewing
from syncbot.services.measuring import digest, forecast, history, measured
from syncbot.services.workspace import Workspace, quiet
from syncbot.settings import open_workspace
from syncbot.store import SqlStore, open_store
from syncbot.wiring.workspace import opened

PATCHES = 5
RELEASES = 20
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_FATES = (
    (Verdict.UNTOUCHED, Fit.UNTOUCHED, Action.KEEP),
    (Verdict.APPLIES, Fit.EXACT, Action.KEEP),
    (Verdict.REFRESH, Fit.MERGE, Action.REWRITE),
    (Verdict.HELD, Fit.EXACT, Action.KEEP),
    (Verdict.CONFLICT, Fit.CONFLICT, Action.ASK),
)


def report(packages: int, moves: int, rounds: int) -> Report:
    """`moves`: releases that each package went through before."""
    with tempfile.TemporaryDirectory() as folder, _sealed():
        root = Path(folder)
        _write(root, packages)
        _fill(root, packages, moves)
        with opened(root, os.environ, quiet) as workspace:
            first: dict[str, list[float]] = {}
            timed(first, "measured, when nothing was ever read", lambda: measured(workspace))
            changed = _after_changes(root, workspace, rounds)
            queries: dict[str, list[float]] = {}
            for _ in range(rounds):
                for name, query in _asked(workspace).items():
                    timed(queries, name, query)
            shown = pages(workspace, _name(7), "team7@example.org", rounds)
        whole = commands(root, _name(7), rounds)
    columns = ("ms of processors",)
    return Report(
        "reports",
        f"{packages} packages, {packages * PATCHES} patches, {packages * (moves + 1)} judgements",
        "the file system's cache; the work tree was read once",
        [
            Table("queries, with their document", ("query", *columns), list(least(queries).items())),
            Table("pages and documents of a server", ("address", *columns), list(shown.items())),
            Table("the first time after a change", ("query", *columns), list((least(first) | changed).items())),
            Table("whole commands, their start included", ("command", *columns), list(whole.items())),
        ],
        ["the least of all rounds; the processors' time, in all threads and in the git processes that were started"],
    )


def _after_changes(root: Path, workspace: Workspace, rounds: int) -> dict[str, int]:
    """What the first reader takes after something changed: in the repository, and in the state."""
    found: dict[str, list[float]] = {}
    view = viewing.view(workspace, "")
    for number in range(rounds):
        patch = root / "patches" / _name(number) / "fix0.patch"
        patch.write_text(f"{patch.read_text()}-- \n{number}\n")
        timed(found, "measured, a file of the work tree changed", lambda: measured(workspace))
        git(root, "commit", "--quiet", "--all", f"--message=Change {number}")
        timed(found, "measured, after a commit", lambda: measured(workspace))
        (root / "README.md").write_text(f"{number}\n")
        git(root, "add", "README.md")
        git(root, "commit", "--quiet", f"--message=Words {number}")
        timed(found, "a server's next view, after a commit", partial(viewing.view, workspace, "", view))
        run = workspace.store.begin_run("sync", NOW)
        workspace.store.finish_run(run, NOW, "{}")
        timed(
            found, "a server's next view, after a run that changed nothing", partial(viewing.view, workspace, "", view)
        )
        judged = _judged(PackageName(_name(number)), _release("1.0", 30), _release("1.1", 9), NOW, f"again/{number}")
        workspace.store.save_judgement(judged)
        workspace.store.set_current(judged.package, judged.key)
        workspace.store.save_proposal(_proposal(f"{9_000_000 + number}", judged.package, "1.1", NOW))
        timed(found, "measured, after a sync", lambda: measured(workspace))
        timed(found, "a server's next view, after a sync", partial(viewing.view, workspace, "", view))
    (root / "syncbot.toml").write_text('step = "each"\n')
    git(root, "commit", "--quiet", "--all", "--message=Another setting")
    with opened(root, os.environ, quiet) as again:
        timed(found, "measured, after another setting", lambda: measured(again))
    return least(found)


@contextmanager
def _sealed() -> Iterator[None]:
    before = dict(os.environ)
    os.environ |= SEALED
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _write(root: Path, packages: int) -> None:
    draw = random.Random(1)
    (root / "syncbot.toml").write_text("")
    (root / ".gitignore").write_text("/state/*\n")
    for number in range(packages):
        folder = root / "patches" / _name(number)
        folder.mkdir(parents=True)
        owner = f"team{number % 40}@example.org"
        (folder / "package.toml").write_text(f'upstream = "pypi:{_name(number)}"\nbase = "1.0"\nowners = ["{owner}"]\n')
        (folder / "series").write_text("".join(f"fix{at}.patch\n" for at in range(PATCHES)))
        for at in range(PATCHES):
            (folder / f"fix{at}.patch").write_text(_patch(draw, number, at))
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Track them")


def _patch(draw: random.Random, number: int, at: int) -> str:
    before = [f"line {n}\n" for n in range(60)]
    after = [*before[:30], *(f"fix {number} {at} {n}\n" for n in range(1 + draw.randrange(30))), *before[32:]]
    header = f"Subject: refuse what is too large ({number}, {at})\nDate: Mon, 0{1 + at} Jan 2024 00:00:00 +0000\n"
    cve = f"CVE-2024-{1000 + number}\n" if at == 0 else "Forwarded: no\n"
    return header + cve + "\n" + "".join(difflib.unified_diff(before, after, f"a/src/f{at}.c", f"b/src/f{at}.c"))


def _fill(root: Path, packages: int, moves: int) -> None:
    (root / "state").mkdir(exist_ok=True)
    store = open_store(open_workspace(root, {}).database_url)
    for number in range(packages):
        with store.transaction():
            _past(store, PackageName(_name(number)), number, moves)
    with store.transaction():
        store.save_standings([_standing(PackageName(_name(number))) for number in range(packages)])
    store.close()


def _past(store: SqlStore, package: PackageName, number: int, moves: int) -> None:
    releases = [_release(f"0.{at}", 400 - 20 * at) for at in range(RELEASES)] + [
        _release("1.0", 30),
        _release("1.1", 9),
    ]
    store.record_releases(package, releases, NOW)
    for at in range(moves):
        stored = _judged(
            package, releases[at], releases[at + 1], NOW - timedelta(days=300 - 20 * at), f"{package}/{at}"
        )
        store.save_judgement(stored)
        id = f"{number * moves + at}"
        store.save_proposal(_proposal(id, package, releases[at + 1].version, stored.at))
    gone = _judged(package, releases[0], releases[1], NOW - timedelta(days=200), f"{package}/gone").judgement.patches[0]
    drop = DroppedPatch(package, PatchName("old.patch"), b"x", 1, gone, releases[0], releases[1], "0", NOW)
    store.archive(drop)
    last = _judged(package, _release("1.0", 30), _release("1.1", 9), NOW - timedelta(days=2), f"{package}/now")
    store.save_judgement(last)
    store.set_current(package, last.key)


def _judged(package: PackageName, base: Release, target: Release, at: datetime, key: str) -> StoredJudgement:
    patches = tuple(_judgement(index, target.version) for index in range(PATCHES))
    return StoredJudgement(key, package, base, target, SeriesJudgement(base.version, target.version, patches), at)


def _judgement(index: int, release: str) -> Judgement:
    verdict, fit, action = _FATES[index]
    fact = Evidence("held", "it is on the branch", CommitId("a" * 40), "refuse what is too large", "A", "2026-01-02")
    hunks = tuple(HunkReport(n, HunkState.EXACT, 30, 32) for n in range(1, 4))
    return Judgement(
        index=index + 1,
        name=PatchName(f"fix{index}.patch"),
        fit=fit,
        verdict=verdict,
        action=action,
        reason=verdict.sentence,
        proof=Proof.TRACED if action is Action.DROP else None,
        first_release=release,
        evidence=(fact,) * 3,
        files=(FileReport(f"src/f{index}.c", f"src/f{index}.c", hunks),),
        refreshed=b"x" * 1500 if action is Action.REWRITE else None,
        lines_before=20,
        lines_after=20,
    )


def _proposal(id: str, package: PackageName, target: str, at: datetime) -> ProposalRecord:
    return ProposalRecord(
        id,
        package,
        "stable",
        f"syncbot/{package}/stable",
        *(CommitId("c" * 40), CommitId("d" * 40)),
        *(f"{package}: to {target}", "body\n" * 200),
        *(Fingerprint("f" * 64), False, target),
        ProposalStatus.ACCEPTED,
        *(at, at + timedelta(hours=5)),
    )


def _release(version: str, days: int) -> Release:
    return Release(version, f"v{version}", "b" * 40, NOW - timedelta(days=days))


def _standing(package: PackageName) -> Standing:
    since = NOW - timedelta(days=9)
    return Standing(package, "1.0", "b" * 40, "1.1", 1, NOW, "1.1", since, "1.0", 400, 4_000_000)


def _name(number: int) -> str:
    return f"pkg{number:05d}"


def _asked(workspace: Workspace) -> dict[str, Callable[[], object]]:
    def overview() -> object:
        return measure_documents.report(sorted_packages(measured(workspace), "age"))

    def table() -> object:
        return plain(measure_tables.report(measured(workspace)))

    def delta(wanted: Wanted) -> object:
        found = chosen(measured(workspace), wanted)
        return measure_documents.delta(found, [patch for package in found.packages for patch in package.patches])

    def owned() -> object:
        found = measured(workspace)
        return measure_documents.owners(found, owners(found.packages, found.at))

    def coming() -> object:
        found = measured(workspace)
        return measure_documents.forecast(found, forecast(workspace, found))

    def unsent() -> object:
        found = measured(workspace)
        return measure_documents.upstreamable(found, upstreamable(found.packages))

    return {
        "report": overview,
        "report, as a table": table,
        "delta of one package": lambda: delta(Wanted(names=(_name(7),))),
        "delta of all": lambda: delta(Wanted()),
        "delta --verdict conflict --older-than 30": lambda: delta(Wanted(verdicts=("conflict",), older_than=30)),
        "owners": owned,
        "forecast": coming,
        "upstreamable": unsent,
        "history of one package": lambda: measure_documents.history(history(workspace, _name(7))),
        "history of all": lambda: measure_documents.history(history(workspace)),
        "digest --weekly": lambda: digests.to_markdown(digest(workspace, weekly=True)),
    }
