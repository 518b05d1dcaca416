"""What people may tell the bot where they read it: boxes to tick and commands to write. How they are shown, and read.

A box is a list item with a marker of its own, `<!-- syncbot-box: what -->`; outside text never has a marker. A command
is a line of a comment that begins with `/syncbot`, outside code and quotations.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from syncbot.model.judgement import SeriesJudgement
from syncbot.model.verdicts import Action
from syncbot.report.safe import code, line, markdown

PREFIX = "/syncbot"
HEADING = "### Controls"
COMMENT = "Or comment, if you may push to this repository:"
"""What leads to the commands."""


class Word(StrEnum):
    """A command, and what it does in one sentence."""

    REBASE = "rebase"
    KEEP = "keep"
    DROP = "drop"
    REJECT = "reject"
    RETRY = "retry"
    DISCARD = "discard"

    @property
    def sentence(self) -> str:
        return _SENTENCE[self]


_SENTENCE = {
    Word.REBASE: "Make this proposal anew on the branch as it is now.",
    Word.KEEP: "Keep that patch, pinned with the reason; the rest of the proposal stands.",
    Word.DROP: "Drop that patch, on your word; the rest of the proposal stands.",
    Word.REJECT: "Close this; the same content is not proposed again.",
    Word.RETRY: "Forget what was rejected or decided here, and look again.",
    Word.DISCARD: "Make it anew and give up the commits that people put on the branch.",
}
USAGE = {
    Word.REBASE: "rebase",
    Word.KEEP: "keep PATCH reason",
    Word.DROP: "drop PATCH",
    Word.REJECT: "reject reason",
    Word.RETRY: "retry",
    Word.DISCARD: "discard",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One order. `patch` and `reason` where the word takes them, else empty. `wrong`: why it cannot be understood.
    `said`: its first words as they were written, or the box's; for the answer."""

    word: Word | None
    patch: str = ""
    reason: str = ""
    wrong: str = ""
    said: str = field(default="", compare=False)


_BOX = re.compile(r"^[ \t]*[-*+] \[([ xX])\] <!-- syncbot-box: ([^\s<>]{1,400}) -->", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_LONGEST = 500


def box(name: str, text: str) -> str:
    """A list item to tick. `name` holds no white space and none of `<>`; `text` is Markdown."""
    return f"- [ ] <!-- syncbot-box: {name} --> {text}"


def boxes(body: str) -> dict[str, bool]:
    """{name: whether it is ticked} of the boxes in a body. The same box twice: ticked where either is."""
    found: dict[str, bool] = {}
    for line_ in _outside_code(body):
        match = _BOX.match(line_)
        if match is not None:
            found[match[2]] = found.get(match[2], False) or match[1] != " "
    return found


def ticked(body: str) -> tuple[str, ...]:
    """The names of the boxes that a person ticked, in the body's order."""
    return tuple(name for name, is_ticked in boxes(body).items() if is_ticked)


def with_ticks(body: str, names: frozenset[str] | set[str]) -> str:
    """The body with these boxes ticked, as far as it has them."""

    def tick(match: re.Match[str]) -> str:
        return match[0].replace("[ ]", "[x]", 1) if match[2] in names else match[0]

    return _BOX.sub(tick, body)


def without_ticks(body: str) -> str:
    """The body as the bot wrote it: a tick is a person's, and no change of the text."""
    return _BOX.sub(lambda match: re.sub(r"\[[xX]\]", "[ ]", match[0], count=1), body)


def commands(text: str) -> tuple[Command, ...]:
    """The orders in a comment, in order. What is quoted or stands in code is none."""
    lines = [text_.strip() for text_ in _outside_code(text) if not text_.startswith(("    ", "\t"))]
    told = [text_ for text_ in lines if re.match(rf"{PREFIX}(?:\s|$)", text_, re.IGNORECASE)]
    return tuple(_said(_command(text_), text_) for text_ in told)


def _outside_code(text: str) -> list[str]:
    """The lines outside fences."""
    found: list[str] = []
    fence = ""
    for text_ in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        mark = _FENCE.match(text_)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not text_.strip().strip(fence[0])
            fence = "" if closes else fence
        elif mark is not None:
            fence = mark[1]
        else:
            found.append(text_)
    return found


def _said(found: Command, text: str) -> Command:
    known = found.word is not None and not found.wrong
    return replace(found, said=f"{PREFIX} {found.word} {found.patch}".rstrip() if known else text)


def of_box(name: str) -> Command:
    """What the ticked box of this name orders."""
    word = Word(name)
    return Command(word, said=word.sentence.rstrip("."))


def answer(asked: Command, words: str) -> str:
    """What is written below a proposal about one order: which it was stands in place of the first word, `That`.
    Markdown."""
    is_written = asked.said.lower().startswith(PREFIX)
    named = code(line(asked.said, 120)) if is_written else f'"{asked.said}"'
    return named + words.removeprefix("That") if words.startswith("That ") and asked.said else words


def _command(text: str) -> Command:
    word, _, rest = text[len(PREFIX) :].strip()[:_LONGEST].partition(" ")
    rest = rest.strip()
    try:
        known = Word(word.lower().strip("`"))
    except ValueError:
        return Command(None, wrong=f"there is no command {line(word, 40)!r}" if word else "the command is missing")
    if known not in (Word.KEEP, Word.DROP):
        return Command(known, reason=rest)
    patch, reason = _first(rest)
    if not patch:
        return Command(known, wrong=f"{known.value} needs the name of a patch")
    if known is Word.KEEP and not reason:
        return Command(known, patch, wrong="keep needs a reason, which is written into package.toml")
    return Command(known, patch, reason)


def _first(rest: str) -> tuple[str, str]:
    """The first word, perhaps in quotes or as code, and what follows."""
    if rest[:1] in ("'", '"', "`"):
        name, _, reason = rest[1:].partition(rest[0])
        return name.strip(), reason.strip()
    name, _, reason = rest.partition(" ")
    return name, reason.strip()


def shown(judgement: SeriesJudgement) -> str:
    """The controls at the end of a proposal's body."""
    example = next((p.name for p in judgement.patches if p.action is Action.DROP), None)
    example = example or next((p.name for p in judgement.patches), None)
    made = section(tuple(Word))
    if example is None:
        return made
    return f"{made}\n\nPATCH is a name from the table, such as {code(shlex.quote(line(example, 200)))}."


def section(words: Sequence[Word]) -> str:
    """The controls that these words are."""
    return "\n".join(
        [
            HEADING,
            "",
            *(box(word.value, word.sentence) for word in _BOXED if word in words),
            "",
            COMMENT,
            "",
            *(f"- `{PREFIX} {USAGE[word]}`: {word.sentence}" for word in words),
        ]
    )


_BOXED = (Word.REBASE, Word.RETRY, Word.REJECT)


LISTENS = 14
"""Days for which a command below an answered proposal is still read."""


def rejected(*, board: bool) -> str:
    """What is said below a proposal that a person turned down: what that means, and the ways back. `board`: whether
    there is a dashboard. Markdown."""
    box = ", or tick its box on the dashboard" if board else ""
    return (
        "Rejected: the same content is not proposed again until a patch or the release changes. To take that back, "
        f"comment `{PREFIX} {Word.RETRY}` here within {LISTENS} days, open this again{box}."
    )


def withdrawn(reason: str) -> str:
    """What is said below a proposal that syncbot closes: the proof that its reason is gone. Markdown."""
    return (
        f"Closed by syncbot: {markdown(line(reason, 600))} That is no rejection: where the reason for this comes back "
        "within seven days, this opens again."
    )


def taken(reason: str) -> str:
    """What is said below one that people brought in by other commits. Markdown."""
    return f"Closed by syncbot as accepted: {markdown(line(reason, 600))}."


def understood(asked: Command) -> str:
    """The usage, for who was not understood: Markdown."""
    known = ", ".join(f"`{PREFIX} {usage}`" for usage in USAGE.values())
    return f"That was not understood: {markdown(asked.wrong)}. Known are {known}."
