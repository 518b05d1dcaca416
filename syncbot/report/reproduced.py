"""What asking the judge once more came to, as values, text and document. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncbot.model.ids import PackageName
from syncbot.report import measure_documents
from syncbot.report.problems import PackageProblem
from syncbot.report.safe import line
from syncbot.report.supply import Document
from syncbot.report.words import plural


class Came(StrEnum):
    """What it came to. One sentence each."""

    SAME = "same"
    DIFFERS = "differs"
    CHANGED = "changed"
    UNRECORDED = "unrecorded"

    @property
    def sentence(self) -> str:
        return _CAME[self]


_CAME = {
    Came.SAME: "The judge came to the same decisions, word for word.",
    Came.DIFFERS: "The judge came to another decision.",
    Came.CHANGED: "It cannot be asked again: what it was asked about is not there any more.",
    Came.UNRECORDED: "What the judge was asked about was not recorded: check once more.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` of `patch` (empty: of the package) was `recorded` and is `now`."""

    patch: str
    what: str
    recorded: str
    now: str


@dataclass(frozen=True, slots=True)
class Reproduced:
    """One package. `patches`: how many decisions were looked at."""

    package: PackageName
    base: str
    target: str
    came: Came
    patches: int
    differences: tuple[Difference, ...] = ()


def document(found: Sequence[Reproduced], problems: Sequence[PackageProblem]) -> Document:
    return {
        "schema": "syncbot.reproduce/1",
        "reproduced": all(one.came is Came.SAME for one in found),
        "packages": [
            {
                "package": one.package,
                "base": one.base,
                "target": one.target,
                "came_to": one.came.value,
                "patches": one.patches,
                "differences": [
                    {"patch": d.patch or None, "what": d.what, "recorded": d.recorded, "now": d.now}
                    for d in one.differences
                ],
            }
            for one in found
        ],
        "problems": measure_documents.problems(problems),
    }


def text(found: Sequence[Reproduced]) -> list[str]:
    lines = []
    for one in found:
        step = f"{line(one.base)} -> {line(one.target)}"
        many = plural(one.patches, "patch")
        lines.append(f"{line(one.package)}  {step}  {many}  {one.came.value}: {one.came.sentence}")
        for each in one.differences:
            of = f"{line(each.patch)}: " if each.patch else ""
            lines.append(f"  {of}{each.what} was {line(each.recorded)}, is {line(each.now)}")
    if not lines:
        return ["No decision stands: nothing was judged, or what was decided is done."]
    same = sum(one.came is Came.SAME for one in found)
    return [*lines, "", f"{same} of {plural(len(found), 'package')} reproduced."]
