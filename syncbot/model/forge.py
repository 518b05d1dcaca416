"""What a forge tells about people, talk, issues and checks, in words that no single forge owns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncbot.model.ids import CommitId
from syncbot.model.trees import Tree


class PersonKind(StrEnum):
    PERSON = "person"
    BOT = "bot"
    """An App, an automation, a machine account that the forge marks as one."""
    GONE = "gone"
    """The account was deleted: nobody can answer for it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who did something. `login` is the forge's name, empty for one that is gone. `me`: the account that syncbot
    works under."""

    login: str
    kind: PersonKind = PersonKind.PERSON
    me: bool = False


NOBODY = Person("", PersonKind.GONE)


class Permission(StrEnum):
    """What a person may do in the repository."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @property
    def may_write(self) -> bool:
        """Whether syncbot takes orders from them."""
        return self in (Permission.WRITE, Permission.MAINTAIN, Permission.ADMIN)


class Reaction(StrEnum):
    """How syncbot answers a comment without words."""

    SEEN = "eyes"
    DONE = "+1"
    REFUSED = "-1"
    UNCLEAR = "confused"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment on a proposal or an issue. `answered`: the reactions that syncbot itself left on it."""

    id: str
    author: Person
    body: str
    at: datetime
    edited: datetime
    answered: frozenset[Reaction] = frozenset()


@dataclass(frozen=True, slots=True)
class BranchCommit:
    """A commit on a proposal's branch that syncbot did not make. `author` and `email` as git has them, `subject` the
    message's first line: text from outside."""

    id: CommitId
    author: str
    email: str
    subject: str


@dataclass(frozen=True, slots=True)
class BranchWork:
    """What people put on the branch of an open proposal: where it stands, their commits, oldest first, and its files
    with them."""

    head: CommitId
    edits: tuple[BranchCommit, ...]
    files: Tree


@dataclass(frozen=True, slots=True)
class Details:
    """What a proposal's record does not hold, read anew each time. `url` is for people, empty where there is none.

    `head`: where the branch stands, None where it is gone; `edits`: what others put on it, oldest first (commits of
    allowed bots are not among them). `reviewers`: logins, or `org/team`, that are asked and have not answered;
    `reviewed`: those who have. `closed_by`: None while it is open."""

    id: str
    url: str
    head: CommitId | None
    edits: tuple[BranchCommit, ...]
    labels: frozenset[str]
    assignees: tuple[str, ...]
    reviewers: tuple[str, ...]
    reviewed: tuple[str, ...]
    closed_by: Person | None
    auto_merge: bool


@dataclass(frozen=True, slots=True)
class OtherProposal:
    """An open proposal that is not syncbot's: a person's, or another bot's."""

    id: str
    author: Person
    title: str
    head: CommitId
    draft: bool
    url: str


class CheckState(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    NEUTRAL = "neutral"
    """It ran, and says neither yes nor no: skipped, cancelled, stale."""


@dataclass(frozen=True, slots=True)
class Check:
    """A named result on one commit. `title`: one line; `summary`: Markdown, empty where the forge shows none (a commit
    status holds 140 characters of the title alone)."""

    name: str
    state: CheckState
    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of syncbot's own, such as the dashboard. `closed_by`: None while it is open."""

    id: str
    title: str
    body: str
    open: bool
    updated: datetime
    url: str = ""
    closed_by: Person | None = None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Write:
    """One change that was, or in a rehearsal would be, made: `method` is an HTTP verb, `GRAPHQL` or `PUSH`, `target`
    the path, the mutation or the ref (never an address with a secret), `body` what is sent, as JSON text."""

    method: str
    target: str
    body: str = ""
