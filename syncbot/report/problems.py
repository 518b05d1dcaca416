"""What an answer leaves out: packages that failed, and those that are not shown. Little else is needed to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from syncbot.errors import Exit, SyncbotError
from syncbot.report.safe import line
from syncbot.report.words import plural


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """A package that could not be worked on, and why. `package` may be a folder that could not be read as one."""

    package: str
    error: SyncbotError
    private: bool = False

    @property
    def message(self) -> str:
        return str(self.error)


def told(found: Sequence[PackageProblem]) -> list[str]:
    """One line each, as standard error shows them. A message that names its file says it all."""
    return [f"problem: {line(problem.package)}: {line(problem.message)}" for problem in found]


def hidden(count: int) -> list[str]:
    """Says that private packages were left out, where some were."""
    if not count:
        return []
    return [f"{plural(count, 'private package')} judged and not shown; --private shows them."]


def unknown(count: int) -> list[str]:
    """Says that packages were left out of which it is not known whether they are private, where some were."""
    if not count:
        return []
    left = plural(count, "package")
    return [f"{left} not shown: not readable now, or tracked no more, so perhaps private; --private shows them."]


def exit_code(worked: int, problems: Sequence[PackageProblem]) -> Exit:
    """What a run over several packages exits with: 0 as soon as one of them worked (or there was none); else the
    common cause, 4 only where every upstream was out of reach."""
    if worked or not problems:
        return Exit.DONE
    codes = {Exit(p.error.exit_code) for p in problems}
    if codes == {Exit.UNREACHABLE}:
        return Exit.UNREACHABLE
    return Exit.FAULT if codes <= {Exit.FAULT, Exit.UNREACHABLE} else Exit.INPUT
