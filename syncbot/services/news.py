"""What is news: told once, to whoever asked for it, and never of a private package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncbot.errors import UpstreamChanged
from syncbot.model.judgement import Judgement
from syncbot.model.news_kinds import NewsKind
from syncbot.model.running import Failure, News
from syncbot.model.verdicts import Verdict
from syncbot.report.results import PackageCheck, SyncResult
from syncbot.report.safe import line
from syncbot.services.keys import digest
from syncbot.services.workspace import Workspace

_VERDICTS = {
    Verdict.OBSOLETE: NewsKind.OBSOLETE,
    Verdict.CONFLICT: NewsKind.CONFLICT,
    Verdict.REVERTED: NewsKind.REVERTED,
}


def tell(workspace: Workspace, result: SyncResult, aside: Sequence[Failure], at: datetime, run: int) -> Sequence[News]:
    """Keep what a run found that was not known before; gives that."""
    for url in workspace.settings.hooks.urls:
        workspace.store.owed(receiver(url))  # a new receiver is told what comes from here on
    found = [*_of_checks(result.checks, at, run), *_of_failures(aside, at, run), *_of_changes(result, at, run)]
    return workspace.store.add_news(found) if found else ()


def receiver(url: str) -> str:
    """What a receiver is known by: no address, for that may be a secret."""
    return digest("receiver", url)


def _of_checks(checks: Sequence[PackageCheck], at: datetime, run: int) -> Iterator[News]:
    for check in checks:
        if check.private:
            continue
        for patch in () if check.judgement is None else check.judgement.patches:
            if patch.verdict in _VERDICTS:
                yield _of_patch(check, patch, at, run)
        for patch in check.returned:
            yield _of_patch(check, patch, at, run)
        for alert in check.alerts:
            key = digest("news", "alert", check.package, alert)
            yield News(key, NewsKind.ALERT, at, check.package, f"{check.package}: {line(alert, 400)}", run=run)


def _of_patch(check: PackageCheck, patch: Judgement, at: datetime, run: int) -> News:
    kind = _VERDICTS.get(patch.verdict, NewsKind.REVERTED)
    version = check.base.version if check.target is None else check.target.version
    # a newer release that says the same of the same patch is no news
    key = digest("news", kind.value, check.package, patch.name, check.base.version)
    title = f"{check.package}: {line(patch.name, 200)} is {patch.verdict.value} at {version}"
    return News(key, kind, at, check.package, title, patch.name, version, run)


def _of_changes(result: SyncResult, at: datetime, run: int) -> Iterator[News]:
    """A base or target that is not what it was: nothing is judged on it, and somebody should know."""
    for problem in result.problems:
        if isinstance(problem.error, UpstreamChanged) and not problem.private:
            key = digest("news", "alert", problem.package, problem.error.what)
            yield News(
                key, NewsKind.ALERT, at, problem.package, f"{problem.package}: {line(problem.message, 400)}", run=run
            )


def _of_failures(aside: Sequence[Failure], at: datetime, run: int) -> Iterator[News]:
    for failure in aside:
        if not failure.private:
            key = digest("news", "failure", failure.package, failure.first.isoformat())
            title = f"{failure.package}: put aside after {failure.count} failures: {line(failure.what, 300)}"
            yield News(key, NewsKind.FAILURE, at, failure.package, title, run=run)
