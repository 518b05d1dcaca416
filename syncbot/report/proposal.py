"""What a proposal says: the summary that all its texts are made of, its title and its commit messages.

The body is `syncbot.report.body`. All of it is pure: the same summary makes the same text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncbot.model.ids import PackageName, PatchName
from syncbot.model.judgement import Judgement, SeriesJudgement
from syncbot.model.proposal_words import Became
from syncbot.model.releases import Release
from syncbot.model.verdicts import Action, Verdict
from syncbot.report.safe import plain
from syncbot.report.words import PROOF, and_more, counts, delta, parts_taken, why

SUBJECT = 72
"""Characters of a commit's subject and of a title, at most."""


@dataclass(frozen=True, slots=True)
class PatchStory:
    """One entry of the series: its judgement, its text as it was, and as it will be (None: dropped). `became`: what
    people made of it where it waited, None where nobody did anything."""

    judgement: Judgement
    before: bytes
    after: bytes | None
    became: Became | None = None


@dataclass(frozen=True, slots=True)
class People:
    """What people put on the proposal's branch. `commits`: (subject, author) of each; `amiss`: why the series that the
    branch has with them does not apply to the release, empty where it does; `waiting`: the patches that are marked
    there as waiting for a person."""

    commits: tuple[tuple[str, str], ...]
    amiss: str = ""
    waiting: tuple[PatchName, ...] = ()
    answered: tuple[tuple[PatchName, Became], ...] = ()
    """What became there of the patches that waited."""
    texts: tuple[tuple[PatchName, bytes | None], ...] = ()
    """What patches of the series are there (None: gone) that are not as syncbot wrote them."""

    @property
    def draft(self) -> bool:
        """Whether the branch is not to be merged as it is."""
        return bool(self.amiss or self.waiting)

    @property
    def settled(self) -> frozenset[PatchName]:
        """The patches that waited, and wait no more; none where the series does not apply."""
        done = (name for name, what in self.answered if what is not Became.WAITING)
        return frozenset() if self.amiss else frozenset(done)


@dataclass(frozen=True, slots=True)
class Summary:
    """All that a proposal's texts are made of. `branch` can be fetched from `remote` (empty: nowhere).
    `warnings` are sentences for the reader; `staying`: patches that stay on a person's word though they do not
    apply."""

    package: PackageName
    path: str
    upstream: str
    line: str
    base: Release
    target: Release
    judgement: SeriesJudgement
    stories: tuple[PatchStory, ...]
    draft: bool
    branch: str = ""
    remote: str = ""
    warnings: tuple[str, ...] = ()
    staying: frozenset[PatchName] = frozenset()
    verified: tuple[str, ...] = ()
    """What each command came to that was run on the patched release, and where the log is."""
    settings_file: str = ""
    """The file that pins a patch, empty: package.toml in `path`."""
    keep_table: str = "keep"
    marked: bool = True
    """Whether patches that wait bear a mark in the series."""
    vouched: str = ""
    """How far the release's archive is known to be upstream's."""
    fork: bool = False
    """Whether the branch is a fork's, made anew: its patches are commits, and what waits is not on it."""
    people: People | None = None
    """None: nobody put anything on the branch."""

    @property
    def settled(self) -> frozenset[PatchName]:
        """The patches that waited, and wait no more by what people put on the branch."""
        return frozenset() if self.people is None else self.people.settled


def title(summary: Summary) -> str:
    """`name: 1.0 -> 1.2, drop 2, rewrite 1, keep 4`, at most 72 characters."""
    step = f"{plain(summary.package)}: {plain(summary.base.version)} -> {plain(summary.target.version)}"
    whole = f"{step}, {counts(summary.judgement, summary.settled)}"
    return whole if len(whole) <= SUBJECT else plain(step, SUBJECT)


def bump_message(summary: Summary) -> str:
    """The commit that moves the version."""
    subject = f"{summary.package}: move to {summary.target.version}"
    return message(
        subject,
        [
            f"Move {plain(summary.package)} from {_release(summary.base)} to {_release(summary.target)}.",
            "The patches follow in commits of their own; together they apply to the new release without fuzz.",
        ],
    )


def step_message(summary: Summary) -> str:
    """The one commit of a step: every decision is a paragraph."""
    paragraphs = [
        f"Move {plain(summary.package)} from {_release(summary.base)} to {_release(summary.target)}.",
        f"{counts(summary.judgement).capitalize()}: {delta(summary.judgement)}.",
        *[
            f"Patch {plain(s.judgement.name)}: {s.judgement.verdict.value}. {plain(what(s.judgement))}"
            for s in summary.stories
            if s.judgement.action is not Action.KEEP
        ],
    ]
    return message(f"{summary.package}: {summary.base.version} -> {summary.target.version}", paragraphs)


def decision_message(summary: Summary, judgement: Judgement) -> str:
    """The commit of one decision: what, why, evidence."""
    verb = _VERB[judgement.action]
    paragraphs = [
        f"Patch: {plain(judgement.name)}",
        plain(what(judgement)),
        f"Release: {_release(summary.target)}",
    ]
    evidence = [f"- {plain(e.detail)}" + (f" ({e.commit})" if e.commit else "") for e in judgement.evidence]
    if evidence:
        paragraphs.append("Evidence:\n" + "\n".join(evidence))
    return message(f"{summary.package}: {verb} {judgement.name.rpartition('/')[2]}", paragraphs)


_VERB = {
    Action.DROP: "drop",
    Action.REWRITE: "rewrite",
    Action.KEEP: "keep",
    Action.ASK: "mark as waiting:",
    Action.REPORT: "mark as broken:",
}


def what(judgement: Judgement) -> str:
    """The verdict in a few sentences: why, how sure, since when, by which commit. It holds outside text as it is."""
    parts = [why(judgement)]
    if judgement.proof is not None:
        parts.append(f"This is {PROOF[judgement.proof]}.")
    if judgement.verdict is Verdict.TRIM:
        parts.append(_taken(judgement))
        return " ".join(part for part in parts if part)
    if judgement.first_release is not None:
        parts.append(f"The first release that has it is {judgement.first_release}.")
    if judgement.absorbed_by is not None:
        parts.append(f"The upstream commit is {judgement.absorbed_by}.")
    return " ".join(part for part in parts if part)


def _taken(judgement: Judgement) -> str:
    """By which commits a part went upstream, empty where that is not known."""
    found = parts_taken(judgement)
    named = [f"{fact.commit} (first in {fact.release})" if fact.release else str(fact.commit) for fact in found]
    return f"Upstream took in part of it with commit {and_more(named, 3)}." if named else ""


def _release(release: Release) -> str:
    named = plain(release.version) + (f" ({plain(release.name)})" if release.name != release.version else "")
    return f"{named}, {plain(release.identity)}"


def message(subject: str, paragraphs: list[str]) -> str:
    """A commit message. The paragraphs are harmless already (`plain`), and the first word of each is ours."""
    body = "\n\n".join(_wrapped(p) for p in paragraphs if p)
    return f"{plain(subject, SUBJECT)}\n\n{body}\n"


_TRAILER = re.compile(r"[A-Za-z0-9-]+\s*:")


def _wrapped(paragraph: str, width: int = SUBJECT) -> str:
    """Words onto lines of at most `width` characters; a paragraph's own line breaks stay. Outside text starts no line
    with `#`, which git takes for a comment where a message is edited, nor with a trailer such as `Co-authored-by:`."""
    lines: list[str] = []
    for part in paragraph.split("\n"):
        current = ""
        for word in part.split(" "):
            longer = f"{current} {word}" if current else word
            if len(longer) > width and current:
                lines.append(current)
                longer = f"  {word}" if part.startswith("- ") else word
            current = longer
        lines.append(current)
    return "\n".join(f"  {text}" if _needs_indent(text, at) else text for at, text in enumerate(lines))


def _needs_indent(text: str, at: int) -> bool:
    return text.startswith("#") or (at > 0 and _TRAILER.match(text) is not None)
