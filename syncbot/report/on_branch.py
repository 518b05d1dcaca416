"""What a body says of commits that people put on a proposal's branch."""

from __future__ import annotations

from syncbot.report.proposal import People
from syncbot.report.safe import code, line, markdown
from syncbot.report.words import and_more, became, plural

_SHOWN = 5


def on_branch(people: People, target: str) -> str:
    """Whose commits are on the branch, and what comes of them."""
    told = [f"{code(line(subject, 60))} of {markdown(line(author, 40))}" for subject, author in people.commits]
    lead = f"**{plural(len(told), 'commit')} of people {'is' if len(told) == 1 else 'are'} on the branch:**"
    lines = [f"{lead} {and_more(told, _SHOWN)}."]
    if people.amiss:
        lines.append(
            f"**With that, the series does not apply to {_code(target)}:** {markdown(line(people.amiss, 400))}. This "
            "is a draft until somebody mends it there."
        )
    elif people.waiting:
        lines.append(f"Marked there as waiting: {and_more([_code(name) for name in people.waiting], _SHOWN)}.")
    else:
        lines.append(f"The series with them was applied to {_code(target)} from scratch, without fuzz.")
    done = [became(_code(name), what) for name, what in people.answered if name in people.settled]
    return " ".join([*lines, *done[:_SHOWN]])


def _code(text: str) -> str:
    return code(line(text, 200))
