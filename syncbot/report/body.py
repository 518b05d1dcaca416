"""The body of a proposal: what a tired maintainer needs on the first screen, and below it everything for who doubts.

In this order: verdict, table, a folded story per patch, range-diff, warnings, how to check, why this came and how to
stop it, controls. A forge adds its marker. Where it would be longer than a forge takes, the least important goes first.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

from syncbot.model.judgement import Judgement
from syncbot.model.verdicts import Action, Verdict
from syncbot.report import controls
from syncbot.report.body_table import more, table
from syncbot.report.fold import conflicts, fold, some
from syncbot.report.on_branch import lines_there, on_branch
from syncbot.report.proposal import PatchStory, Summary
from syncbot.report.range_diff import range_diff
from syncbot.report.safe import code, fenced, line, markdown
from syncbot.report.words import and_more, counts, delta, plural, waits_for

LIMIT = 63_000
"""UTF-16 units of a body, at most: GitHub takes 65,536, and a forge adds its marker."""
_OPEN_ROWS = 5
"""Patches that stay as they are leave the table, and get a folded one of their own, where there are more of them."""
_OPEN_STORIES = 3
"""Their stories are folded away together where there are more of them."""
_WAITING = 12
"""Patches that wait for a person which the first screen names."""
_PLACES = 6
"""Files of such a patch that it names."""
_NAME = 200
_WARNINGS = 20


@dataclass
class _Piece:
    """A part of the body: whole first, then ever shorter forms; the last may be empty. `name` says what goes."""

    forms: list[str]
    name: str = ""
    used: int = 0

    @property
    def text(self) -> str:
        return self.forms[self.used]


@dataclass
class _Body:
    pieces: list[_Piece] = field(default_factory=list)
    cuts: list[_Piece] = field(default_factory=list)
    """What to shorten, one form at a time, least important first."""

    def add(self, *forms: str, name: str = "") -> _Piece:
        piece = _Piece(list(forms), name)
        self.pieces.append(piece)
        return piece

    def text(self) -> str:
        size = sum(_size(piece.text) + 2 for piece in self.pieces) + 300
        for piece in self.cuts:
            if size <= LIMIT:
                break
            size -= _size(piece.text)
            piece.used += 1
            size += _size(piece.text)
        left = _left_out([piece for piece in self.pieces if piece.used])
        return "\n\n".join(text for text in (*(piece.text for piece in self.pieces), left) if text) + "\n"


def body(summary: Summary) -> str:
    """The whole body in Markdown, at most `LIMIT` long and valid wherever it is cut."""
    made = _Body()
    made.add(_verdict(summary))
    rows = _rows(made, summary)
    stories = _stories(made, [s for s in summary.stories if s.judgement.action is not Action.KEEP])
    kept, kept_rows = _kept(made, summary)
    shown = range_diff([(s.judgement.name, s.before, s.after) for s in summary.stories])
    folded = (
        f"<details><summary>Range-diff against the series as it is</summary>\n\n{fenced(shown, 'diff')}\n\n</details>"
    )
    difference = made.add(folded if shown else "", "", name="the range-diff")
    made.add(_warnings(summary))
    made.add(_tail(summary))
    made.cuts = [difference, *kept, *stories, *kept_rows, *rows]
    return made.text()


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _left_out(cut: list[_Piece]) -> str:
    names = [piece.name for piece in cut if piece.name and piece.name != "story"]
    stories = sum(piece.name == "story" for piece in cut)
    if stories:
        names.append(f"{'diffs or whole stories of ' + plural(stories, 'patch')}")
    return f"_Left out here for length: {', '.join(names)}. `syncbot explain` tells them._" if names else ""


def _verdict(summary: Summary) -> str:
    """What this does, and what it wants of the reader: the first lines that are read, perhaps the only ones."""
    judgement = summary.judgement
    step = f"{_code(summary.package)} {_code(summary.base.version)} -> {_code(summary.target.version)}"
    there = lines_there(summary.stories) if summary.people is not None and not summary.people.amiss else {}
    lines = [f"**{step}: {delta(judgement, there)}** ({counts(judgement, summary.settled)})."]
    waiting = [p for p in judgement.patches if p.action.waits and p.name not in summary.settled]
    if summary.people is not None:
        lines += ["", on_branch(summary.people, summary.target.version, [p.name for p in waiting])]
    if waiting and summary.draft:
        lines += ["", *_draft(summary, waiting)]
    if summary.staying:
        lines += ["", *_staying(summary)]
    if judgement.patches:
        lines += ["", text] if (text := _sure(summary)) else []
    else:
        lines += ["", "The package carries no patches: only the version moves."]
    if summary.warnings:
        lines += ["", f"**{plural(len(summary.warnings), 'warning')}**: see [Warnings](#warnings) below."]
    return "\n".join(lines)


def _sure(summary: Summary) -> str:
    """How much of it a reader may take on trust."""
    patches = summary.judgement.patches
    dropped = [p for p in patches if p.action is Action.DROP]
    rewritten = [p for p in patches if p.action is Action.REWRITE]
    aside = [p for p in patches if p.action.waits or p.name in summary.staying]
    proofs = sorted({p.proof.value for p in dropped if p.proof is not None})
    parts = []
    told = [p for p in dropped if p.proof is None]
    if proofs:
        parts.append(f"What is dropped is in the release ({', '.join(proofs)}).")
    if told:
        goes = "goes" if len(told) == 1 else "go"
        parts.append(f"{plural(len(told), 'patch')} {goes} on a person's word{' alone' if proofs else ''}.")
    trimmed = [p for p in rewritten if p.verdict is Verdict.TRIM]
    if trimmed:
        sure = ", ".join(sorted({p.proof.value for p in trimmed if p.proof is not None}))
        parts.append(
            f"What is cut out of {plural(len(trimmed), 'patch')} is in the release{f' ({sure})' * bool(sure)}."
        )
    if rewritten:
        parts.append("What is rewritten was merged without a conflict: look at that.")
    if not parts and not aside:
        parts.append("Every patch still applies as it is.")
    if summary.people is not None and not summary.people.waiting:
        return " ".join(parts)  # what was said of the branch counts
    if len(aside) + len(dropped) < len(patches) or not aside:
        what = "What does not wait" if aside else "The new series"
        parts.append(f"{what} was applied to the release from scratch, without fuzz.")
    return " ".join(parts)


def _draft(summary: Summary, waiting: list[Judgement]) -> list[str]:
    """What people are asked, a heading for each question: a patch takes one line, with what does not apply, by file."""
    settled = len(summary.judgement.patches) - len(waiting) - len(summary.staying)
    rest = f" The other {settled} {'is' if settled == 1 else 'are'} settled and applied cleanly." if settled else ""
    need = "needs" if len(waiting) == 1 else "need"
    lines = [f"This is a draft: **{plural(len(waiting), 'patch')} {need} a person.**{rest}"]
    asked: dict[str, list[str]] = {}
    for p in waiting[:_WAITING]:
        asked.setdefault("settle first what they stand on" if p.blocked_by else waits_for(p), []).append(_waits(p))
    for question, items in asked.items():
        lines += ["", f"{markdown(line(question[:1].upper() + question[1:], 400))}:", "", *items]
    more = len(waiting) - _WAITING
    return [*lines, "", f"And {more} more, marked **ask** or **report** below."] if more > 0 else lines


def _waits(p: Judgement) -> str:
    places = conflicts(p.files)
    told = [f"it stands on {and_more([_code(name) for name in p.blocked_by], 3)}"] if p.blocked_by else []
    detail = line(p.reason, 300).removeprefix(p.verdict.sentence.rstrip(".")).lstrip(".: ").rstrip(".")
    if detail and not told and not (p.verdict is Verdict.CONFLICT and places):
        told.append(markdown(detail))
    told += [*places[:_PLACES], *([f"and {len(places) - _PLACES} more files"] if places[_PLACES:] else [])]
    return f"- {_code(p.name)}" + (f": {'; '.join(told)}" if told else "")


def _staying(summary: Summary) -> list[str]:
    """What a person decided to carry on as it is."""
    staying = [p for p in summary.judgement.patches if p.name in summary.staying]
    stay = "stays as it is" if len(staying) == 1 else "stay as they are"
    lines = [
        f"**{plural(len(staying), 'patch')} {stay} on a person's word,** marked `# syncbot: waiting` in the series "
        "until somebody rebases it:",
        "",
    ]
    lines += [f"- {_code(p.name)}: {markdown(line(p.reason, 400))}" for p in staying[:10]]
    return [*lines, f"- and {len(staying) - 10} more"] if staying[10:] else lines


def _rows(made: _Body, summary: Summary) -> list[_Piece]:
    """The table; of what stays as it is only where that is little. Gives what may be cut."""
    patches = summary.judgement.patches
    folded = patches and _many(summary, _OPEN_ROWS)
    shown = [p for p in patches if not folded or p.action is not Action.KEEP]
    if not shown:
        return []
    sizes = [len(shown), 200, 50, 10]
    forms = [table(shown[:n], summary.settled) + more(len(shown) - n) for n in sizes if n <= len(shown)]
    return [made.add(*forms, name="rows of the table")] * (len(forms) - 1)


def _many(summary: Summary, most: int) -> bool:
    return summary.judgement.count(Action.KEEP) > most


def _kept(made: _Body, summary: Summary) -> tuple[list[_Piece], list[_Piece]]:
    """What stays as it is: folded away together where it is much. Gives the stories and the tables that may be cut."""
    kept = [story for story in summary.stories if story.judgement.action is Action.KEEP]
    if not _many(summary, _OPEN_STORIES):
        return _stories(made, kept), []
    made.add(f"<details><summary>{plural(len(kept), 'patch')} stay as they are</summary>")
    rows: list[_Piece] = []
    if _many(summary, _OPEN_ROWS):
        rows.append(made.add(table([s.judgement for s in kept]), "", name="the table of the patches that stay"))
    stories = _stories(made, kept)
    made.add("</details>")
    return stories, rows


def _stories(made: _Body, stories: Sequence[PatchStory]) -> list[_Piece]:
    """A piece per story, in the series' order; gives them in the order in which they are shortened: first the diffs,
    then the rest, the last of the series first, and what waits for a person last."""
    ranked: dict[bool, list[_Piece]] = {False: [], True: []}
    for story in stories:
        piece = made.add(fold(story), fold(story, diff=False), "", name="story")
        ranked[story.judgement.action.waits].insert(0, piece)
    return [piece for rank in (False, True) for piece in (*ranked[rank], *ranked[rank])]


def _warnings(summary: Summary) -> str:
    if not summary.warnings:
        return ""
    told = [markdown(line(text, 600)) for text in summary.warnings]
    return "\n".join(["### Warnings", "", *some(told, _WARNINGS)])


def _tail(summary: Summary) -> str:
    package = shlex.quote(line(summary.package))
    commands = [f"syncbot check {package}"]
    told = min(summary.judgement.patches, key=lambda p: (_DOUBTED.index(p.action), p.index), default=None)
    if told is not None:
        commands.append(f"syncbot explain {package} {shlex.quote(line(told.name, _NAME))}")
    commands += _fetch(summary)
    return "\n".join(
        [
            "### Check it yourself",
            "",
            fenced("\n".join(commands), "sh"),
            "",
            *_verified(summary),
            *_settle(summary),
            "### Why this came, and how to stop it",
            "",
            f"{_code(summary.path)} tracks {_code(summary.upstream)} on the line {_code(summary.line)}; its series was "
            f"made for {_code(summary.base.name)}, and {_code(summary.target.name)} is out "
            f"({_code(summary.target.identity)})." + (f" {markdown(summary.vouched)}" if summary.vouched else ""),
            "",
            "Close this, and the same content is not proposed again until a patch or the release changes. "
            f'`"NAME" = "reason"` under {_code("[" + summary.keep_table + "]")} in '
            f"{_code(summary.settings_file or summary.path + '/package.toml')} keeps one patch for good; "
            f'`mode = "observe"` {_where(summary)} stops all proposals for the package.',
            "",
            controls.shown(summary.judgement),
        ]
    )


_DOUBTED = (Action.ASK, Action.REPORT, Action.DROP, Action.REWRITE, Action.KEEP)
"""What a reader wants explained first."""


def _where(summary: Summary) -> str:
    """Where the package's own settings stand, after it was said where patches are pinned."""
    table = summary.keep_table.rpartition(".")[0]
    return f"under {_code('[' + table + ']')} there" if table else "there"


def _fetch(summary: Summary) -> list[str]:
    if not summary.remote:
        return []
    fetch = f"git fetch {shlex.quote(summary.remote)} {shlex.quote(summary.branch)}"
    if not summary.fork:
        return [fetch, "git diff HEAD...FETCH_HEAD"]
    gone = sum(p.action is Action.DROP or p.action.waits for p in summary.judgement.patches)
    count = len(summary.judgement.patches) - gone
    return [fetch, f"git range-diff {summary.base.identity}..HEAD FETCH_HEAD~{count}..FETCH_HEAD"]


def _verified(summary: Summary) -> list[str]:
    """What the package's own commands came to."""
    if not summary.verified:
        return []
    told = [f"- {markdown(line(text, 300))}" for text in summary.verified]
    return ["### Verified on the patched release", "", *told, ""]


def _settle(summary: Summary) -> list[str]:
    """How a person ends a draft: the branch has the new base, and the mark on what waits."""
    if not summary.draft:
        return []
    lines = ["### Settle the draft", ""]
    if summary.remote:
        pull = f"git pull --no-rebase --no-edit {shlex.quote(summary.remote)} {shlex.quote(summary.branch)}"
        lines += [fenced(pull, "sh"), ""]
    told = (
        "Then mend or delete the patches that wait, take the mark `# syncbot: waiting` off their lines in "
        f"{_code(summary.path + '/series')}, commit, and run `syncbot sync`: it takes the merged branch as accepted. "
        "Or commit that to this branch, where commits of people stay, and merge it when it is ready."
    )
    if summary.fork:
        told = (
            "Then put what waits on top, `git cherry-pick` with the ids that the branch's first commit lists, mend it, "
            "commit, and run `syncbot sync`: it takes the merged branch as accepted."
        )
    elif not summary.marked:
        told = (
            "Then mend the patches that wait, or delete them with what names them, commit, and run `syncbot sync`: it "
            "takes the merged branch as accepted."
        )
    return [*lines, told, ""]


def _code(text: str) -> str:
    return code(line(text, _NAME))
