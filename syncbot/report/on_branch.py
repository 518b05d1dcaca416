"""What a body says of commits that people put on a proposal's branch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from syncbot.diff.parse import parse_patch
from syncbot.errors import SyncbotError
from syncbot.model.ids import PatchName
from syncbot.model.proposal_words import Became
from syncbot.report.proposal import PatchStory, People
from syncbot.report.safe import code, line, markdown
from syncbot.report.words import and_more, became, plural

_SHOWN = 5


def on_branch(people: People, target: str, asked: Collection[PatchName] = ()) -> str:
    """Whose commits are on the branch, and what comes of them. `asked`: the patches that are named below as waiting."""
    told = [f"{code(line(subject, 60))} of {markdown(line(author, 40))}" for subject, author in people.commits]
    lead = f"**{plural(len(told), 'commit')} of people {'is' if len(told) == 1 else 'are'} on the branch:**"
    lines = [f"{lead} {and_more(told, _SHOWN)}."]
    if people.amiss:
        lines.append(
            f"**With that, the series does not apply to {_code(target)}:** {markdown(line(people.amiss, 400))}. This "
            "is a draft until somebody mends it there."
        )
    elif people.waiting and set(people.waiting) == set(asked):
        which = "The patch below is" if len(asked) == 1 else f"All {len(asked)} below are"
        lines.append(f"{which} still marked there as waiting.")
    elif people.waiting:
        lines.append(f"Marked there as waiting: {and_more([_code(name) for name in people.waiting], _SHOWN)}.")
    else:
        lines.append(f"The series with them was applied to {_code(target)} from scratch, without fuzz.")
    done = [became(_code(name), what) for name, what in people.answered if name in people.settled]
    return " ".join([*lines, *done[:_SHOWN]])


def lines_there(stories: Sequence[PatchStory]) -> dict[PatchName, int | None]:
    """The lines of the patches that waited as people wrote them there, None: taken out."""
    became = [s for s in stories if s.became in (Became.DELETED, Became.REWRITTEN)]
    return {s.judgement.name: None if s.after is None else _lines(s.after) for s in became}


def _lines(patch: bytes) -> int:
    try:
        return parse_patch(patch).lines_changed
    except SyncbotError:
        return 0


def _code(text: str) -> str:
    return code(line(text, 200))
