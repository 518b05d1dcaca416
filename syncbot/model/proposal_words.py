"""The words of proposals, apart from the values that hold them: reports need no more."""

from __future__ import annotations

from enum import StrEnum

RESTORE = "restore:"
"""A restore proposal stands on a line of its own, `restore:<patch>`: it moves no release."""


class ProposalStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """A person said no: remembered by content."""
    CLOSED = "closed"
    """The bot withdrew it; never a rejection."""


class Became(StrEnum):
    """What people made of a patch that waited for a person."""

    REWRITTEN = "rewritten"
    DELETED = "deleted"
    UNMARKED = "unmarked"
    """It stays as it was, and the mark that says that it waits is gone."""
    WAITING = "waiting"
