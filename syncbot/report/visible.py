"""Private packages are judged, and shown to nobody who did not ask: they are taken out before anything is printed."""

from __future__ import annotations

from dataclasses import replace

from syncbot.report.problems import PackageProblem
from syncbot.report.results import CheckResult, SyncResult


def of_check(result: CheckResult, *, private: bool) -> tuple[CheckResult, int]:
    """The result without private packages (with them, if asked for), and how many were taken out."""
    kept = tuple(p for p in result.packages if private or not p.private)
    told = _told(result.problems, private=private)
    return replace(result, packages=kept, problems=told), len(result.packages) + len(result.problems) - len(kept) - len(
        told
    )


def of_sync(result: SyncResult, *, private: bool) -> tuple[SyncResult, int]:
    """As `of_check`."""
    kept = tuple(i for i in result.items if private or not i.check.private)
    told = _told(result.problems, private=private)
    left = tuple(c for c in result.unproposed if private or not c.private)
    skipped = tuple(s for s in result.skipped if private or not s.private)
    shown = replace(result, items=kept, problems=told, unproposed=left, skipped=skipped)
    return shown, _count(result) - _count(shown)


def _count(result: SyncResult) -> int:
    return len(result.items) + len(result.problems) + len(result.skipped)


def _told(problems: tuple[PackageProblem, ...], *, private: bool) -> tuple[PackageProblem, ...]:
    return tuple(p for p in problems if private or not p.private)
