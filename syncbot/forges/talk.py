"""What people and syncbot say to one another where there is no server: comments, labels, issues and checks as files.

    talk/<id>.json         labels, assignees, reviewers and comments of one proposal or issue
    issues/<id>.json       an issue of syncbot's own, and issues/<id>.md, its body, which people may edit (boxes)
    checks/<commit>.json   results on a commit

Used by the local and the `git` forge. Whoever can write the folder may give orders.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from syncbot.errors import ForgeError, ForgeRefused, ForgeStopped
from syncbot.forges.files import read_bytes, write_whole
from syncbot.model.forge import (
    BranchCommit,
    Check,
    CheckState,
    Comment,
    Details,
    Issue,
    Permission,
    Person,
    PersonKind,
    Reaction,
    Write,
)
from syncbot.model.ids import CommitId

_ISSUE = "issue-"
_ME = "syncbot"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Room:
    """All that is said about one proposal or issue."""

    labels: tuple[str, ...] = ()
    own_labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    asked: bool = False
    comments: tuple[Comment, ...] = ()
    minimised: tuple[str, ...] = ()
    auto_merge: CommitId | None = None


class FolderTalk:
    """Implements `Talk`, `Board` and `Checks` of `syncbot.ports` below `folder`, and the parts of `Proposals` that are
    words about a proposal. Raises ForgeError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rehearsal: list[Write] | None = None
        self.switch: Callable[[], str | None] = lambda: None
        """The kill switch: setting and environment."""

    @contextmanager
    def rehearsing(self) -> Iterator[Sequence[Write]]:
        self._rehearsal = []
        try:
            yield self._rehearsal
        finally:
            self._rehearsal = None

    def stopped(self) -> str | None:
        return self.switch()

    def _allow(self) -> None:
        reason = self.stopped()
        if reason is not None:
            raise ForgeStopped(f"nothing is written: {reason}", "take the stop back, then run it again")

    def me(self) -> Person:
        return Person(_ME, PersonKind.BOT, me=True)

    def permission(self, login: str) -> Permission:
        return Permission.WRITE if login else Permission.NONE

    def codeowners(self) -> str | None:
        return None

    def comments(self, id: str) -> Sequence[Comment]:
        return self._room(id).comments

    def comment(self, id: str, body: str, at: datetime) -> Comment:
        own = [c for c in self._room(id).comments if c.author.me]
        return own[-1] if own and own[-1].body == body else self._say(id, self.me(), body, at)

    def say(self, id: str, login: str, body: str, at: datetime) -> Comment:
        """A person's word: what a server would take from its web page."""
        return self._say(id, Person(login), body, at)

    def react(self, id: str, comment: str, reaction: Reaction) -> None:
        room = self._room(id)
        found = next((c for c in room.comments if c.id == comment), None)
        if found is None:
            raise ForgeRefused(f"there is no comment {comment} on {id}", "it may have been deleted")
        answered = replace(found, answered=found.answered | {reaction})
        self._keep(id, replace(room, comments=tuple(answered if c is found else c for c in room.comments)))

    def minimise(self, id: str, comment: str) -> None:
        room = self._room(id)
        self._keep(id, replace(room, minimised=tuple(dict.fromkeys((*room.minimised, comment)))))

    def label(self, id: str, add: Sequence[str], remove: Sequence[str] = ()) -> None:
        room = self._room(id)
        kept = [name for name in (*room.labels, *add) if name not in remove]
        self._keep(id, replace(room, labels=tuple(dict.fromkeys(kept))))

    def own_labels(self, id: str, labels: Sequence[str]) -> None:
        """Bring syncbot's own labels to these; those of people stay."""
        room = self._room(id)
        others = [name for name in room.labels if name not in room.own_labels]
        both = tuple(dict.fromkeys((*others, *labels)))
        self._keep(id, replace(room, labels=both, own_labels=tuple(labels)))

    def ask_once(self, id: str, assignees: Sequence[str], reviewers: Sequence[str]) -> None:
        """Whom a person took off later is not asked again."""
        room = self._room(id)
        if not room.asked and (assignees or reviewers):
            self._keep(id, replace(room, assignees=tuple(assignees), reviewers=tuple(reviewers), asked=True))

    def assign(self, id: str, logins: Sequence[str]) -> Sequence[str]:
        room = self._room(id)
        self._keep(id, replace(room, assignees=tuple(dict.fromkeys((*room.assignees, *logins)))))
        return ()

    def ask_review(self, id: str, reviewers: Sequence[str]) -> Sequence[str]:
        room = self._room(id)
        self._keep(id, replace(room, reviewers=tuple(dict.fromkeys((*room.reviewers, *reviewers)))))
        return ()

    def auto_merge(self, id: str, head: CommitId | None) -> bool:  # noqa: ARG002  # nothing here waits for checks
        return False

    def find_issue(self, marker: str) -> Issue | None:
        found = sorted(self._issues(), key=lambda issue: int(issue.id.removeprefix(_ISSUE)))
        return next((issue for issue in found if marker in issue.body), None)

    def open_issue(self, title: str, body: str, labels: Sequence[str], at: datetime) -> Issue:
        numbers = [int(issue.id.removeprefix(_ISSUE)) for issue in self._issues()]
        made = Issue(f"{_ISSUE}{max(numbers, default=0) + 1}", title, body, True, at, labels=frozenset(labels))
        self._keep_issue(made)
        if labels:
            self.label(made.id, labels)
        return made

    def update_issue(self, id: str, title: str, body: str, at: datetime) -> Issue:
        found = next((issue for issue in self._issues() if issue.id == id), None)
        if found is None:
            raise ForgeRefused(f"there is no issue {id}", "it may have been deleted")
        if (found.title, found.body) == (title, body):
            return found
        made = replace(found, title=title, body=body, updated=at)
        self._keep_issue(made)
        return made

    def report_check(self, commit: CommitId, check: Check) -> None:
        others = [known for known in self.checks(commit) if known.name != check.name]
        self._write(self._folder / "checks" / f"{commit}.json", _text([asdict(c) for c in (*others, check)]))

    def checks(self, commit: CommitId) -> Sequence[Check]:
        path = self._folder / "checks" / f"{commit}.json"
        return _read(path, lambda rows: [Check(**{**row, "state": CheckState(row["state"])}) for row in rows], [])

    def page(self, id: str) -> str:  # noqa: ARG002  # as the port has it
        """There is none: a file is no place that a link leads to from everywhere."""
        return ""

    def _words(self, id: str, url: str, head: CommitId | None, edits: tuple[BranchCommit, ...]) -> Details:
        room = self._room(id)
        return Details(
            id=id,
            url=url,
            head=head,
            edits=edits,
            labels=frozenset(room.labels),
            assignees=room.assignees,
            reviewers=room.reviewers,
            reviewed=(),
            closed_by=None,
            auto_merge=room.auto_merge is not None,
        )

    def _say(self, id: str, author: Person, body: str, at: datetime) -> Comment:
        room = self._room(id)
        made = Comment(str(len(room.comments) + 1), author, body, at, at)
        self._keep(id, replace(room, comments=(*room.comments, made)))
        return made

    def _room(self, id: str) -> _Room:
        return _read(self._room_path(id), _room_of, _Room())

    def _keep(self, id: str, room: _Room) -> None:
        if room != self._room(id):
            self._write(self._room_path(id), _text(asdict(room)))

    def _room_path(self, id: str) -> Path:
        number = id.removeprefix(_ISSUE)
        if not (number.isascii() and number.isdigit()):
            raise ForgeRefused(f"there is no proposal {id!r}", "syncbot proposals lists them")
        return self._folder / "talk" / f"{id}.json"

    def _issues(self) -> list[Issue]:
        folder = self._folder / "issues"
        paths = folder.glob(f"{_ISSUE}*.json") if folder.is_dir() else ()
        found = [_read(path, _issue_of(path), None) for path in paths]
        return [replace(one, labels=frozenset(self._room(one.id).labels)) for one in found if one is not None]

    def _keep_issue(self, issue: Issue) -> None:
        path = self._folder / "issues" / f"{issue.id}.json"
        row = asdict(replace(issue, body="", labels=frozenset()))
        self._write(path.with_suffix(".md"), issue.body)
        self._write(path, _text(row))

    def _write(self, path: Path, text: str) -> None:
        if self._rehearsal is not None:
            self._rehearsal.append(Write("WRITE", path.relative_to(self._folder).as_posix(), text))
            return
        self._allow()
        write_whole(path, text.encode("utf-8", "surrogateescape"))


def _issue_of(path: Path) -> Callable[[Any], Issue | None]:
    """The body is the page's: what a person ticked there counts."""

    def issue(row: Any) -> Issue | None:
        body = (read_bytes(path.with_suffix(".md")) or b"").decode("utf-8", "surrogateescape")
        closed_by = row["closed_by"] and _person(row["closed_by"])
        updated = datetime.fromisoformat(row["updated"])
        return Issue(**{**row, "body": body, "updated": updated, "closed_by": closed_by, "labels": frozenset()})

    return issue


def _room_of(row: Any) -> _Room:
    comments = tuple(
        Comment(
            id=c["id"],
            author=_person(c["author"]),
            body=c["body"],
            at=datetime.fromisoformat(c["at"]),
            edited=datetime.fromisoformat(c["edited"]),
            answered=frozenset(Reaction(word) for word in c["answered"]),
        )
        for c in row.pop("comments")
    )
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return _Room(**rest, comments=comments)


def _person(row: Any) -> Person:
    return Person(row["login"], PersonKind(row["kind"]), row["me"])


def _text(value: object) -> str:
    return json.dumps(value, indent=2, default=_plain) + "\n"


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)  # type: ignore[call-overload]  # a set


def _read(path: Path, build: Callable[[Any], _T], missing: _T) -> _T:
    content = read_bytes(path)
    if content is None:
        return missing
    try:
        return build(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgeError(f"{path} cannot be read ({error})", "restore it from a backup, or delete it") from error
