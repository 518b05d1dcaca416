"""Small facts between two runs: what was asked to be made anew, what is welcome again, what is urgent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncbot.model.ids import Fingerprint, PackageName
    from syncbot.model.proposals import ProposalRecord
    from syncbot.services.workspace import Workspace

_ANEW = "anew"
_WELCOME = "welcome"
_URGENT = "urgent"
REBASE, DISCARD = "rebase", "discard"


def _key(package: PackageName, line: str) -> str:
    return f"{package} {line}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What people want of this run. `anew`: {package and line: `rebase` or `discard`}; `welcome`: contents that may be
    proposed again though a person turned them down; `urgent`: packages that wait for no limit."""

    anew: Mapping[str, str]
    welcome: frozenset[str]
    urgent: frozenset[str]

    def asked(self, package: PackageName, line: str) -> str:
        """`rebase`, `discard`, or empty."""
        return self.anew.get(_key(package, line), "")


def wanted(workspace: Workspace) -> Wanted:
    facts = workspace.store.facts
    return Wanted(dict(facts(_ANEW)), frozenset(facts(_WELCOME)), frozenset(facts(_URGENT)))


def make_anew(workspace: Workspace, record: ProposalRecord, how: str) -> None:
    workspace.store.set_fact(_ANEW, _key(record.package, record.line), how)


def welcome(workspace: Workspace, fingerprint: Fingerprint, at: datetime) -> None:
    """Take back a person's no to this content."""
    workspace.store.forget_rejection(fingerprint)
    workspace.store.set_fact(_WELCOME, fingerprint, at.date().isoformat())


def unwelcome(workspace: Workspace, fingerprint: Fingerprint) -> None:
    """A person said no (again)."""
    workspace.store.set_fact(_WELCOME, fingerprint, None)


def hurry(workspace: Workspace, package: str) -> None:
    workspace.store.set_fact(_URGENT, package, "1")


def done(workspace: Workspace, record: ProposalRecord) -> None:
    """What was asked of this proposal is done: it was made anew."""
    workspace.store.set_fact(_ANEW, _key(record.package, record.line), None)
    workspace.store.set_fact(_URGENT, record.package, None)
