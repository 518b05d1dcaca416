"""What needs a person, the most pressing first: what upstream took back, security, proposals to review, questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from syncbot.model.measures import PackageMeasure, PatchMeasure
from syncbot.model.proposals import ProposalRecord
from syncbot.model.verdicts import Verdict
from syncbot.services.viewing import View
from syncbot.web import labels
from syncbot.web.render import segment

KINDS = {
    "alert": "Came back or changed upstream",
    "security": "Questions about security fixes",
    "review": "Proposals to review",
    "question": "Questions about patches",
}
"""In the order in which they press."""
_QUESTION = {
    Verdict.BROKEN: "Mend the patch file, or name the base that it was made for.",
    Verdict.OBSOLETE: "Upstream seems to have all of it: delete it if that is so.",
    Verdict.SUPERSEDED: "Compare with upstream's own solution.",
    Verdict.MOOT: "What it changes is gone: delete it, or move it.",
    Verdict.REVERTED: "Upstream took it back: see why, and rebase.",
    Verdict.HELD: "Rebase it, or go to a release that has it.",
    Verdict.CONFLICT: "Rebase the conflicting hunks, or delete it.",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `page`: where it is done, or looked at; `verdict`: of the patch, None for proposals."""

    kind: str
    package: str
    owners: tuple[str, ...]
    title: str
    said: str
    page: str
    verdict: Verdict | None = None
    weight: int = 0

    @property
    def tone(self) -> str:
        return labels.tone(self.verdict) if self.verdict is not None else "bad" if self.kind == "alert" else "work"


def tasks(found: View, packages: Iterable[PackageMeasure] | None = None) -> list[Task]:
    """Of all packages, or of these."""
    listed = list(found.measured.packages if packages is None else packages)
    names = {package.package: package for package in listed}
    made = [task for package in listed for task in _of_package(package)]
    made += [_review(record, names[record.package]) for record in found.open_proposals if record.package in names]
    order = list(KINDS)
    return sorted(made, key=lambda task: (order.index(task.kind), -task.weight, task.package, task.title))


def _of_package(package: PackageMeasure) -> Iterator[Task]:
    page = f"/packages/{segment(package.package)}"
    for alert in package.alerts:
        yield Task("alert", package.package, package.owners, "Needed again", f"{alert}.", page, Verdict.REVERTED)
    for patch in package.patches:
        if patch.told is not None and patch.told.action.waits:
            yield _question(package, patch, page)


def _question(package: PackageMeasure, patch: PatchMeasure, page: str) -> Task:
    assert patch.told is not None
    said = _QUESTION.get(patch.told.verdict, "See whether it is still needed, and how it fits.")
    return Task(
        "security" if patch.facts.cves else "question",
        package.package,
        package.owners,
        patch.name,
        f"{', '.join(patch.facts.cves)}: {said}" if patch.facts.cves else said,
        f"{page}/patches/{segment(patch.name)}",
        patch.told.verdict,
        patch.cost,
    )


def _review(record: ProposalRecord, package: PackageMeasure) -> Task:
    said = "A draft: questions of its patches are open." if record.draft else "Ready: review it and merge it."
    page = f"/proposals/{segment(record.id)}"
    return Task("review", record.package, package.owners, record.title, said, page, weight=0 if record.draft else 1)


def counted(listed: Sequence[Task]) -> list[tuple[str, str, int]]:
    """(kind, words, how many) of each kind that there is, the most pressing first."""
    return [(kind, words, n) for kind, words in KINDS.items() if (n := sum(task.kind == kind for task in listed))]
