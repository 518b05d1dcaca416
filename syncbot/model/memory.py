"""What is remembered so that nothing is asked twice: an answer with all that it rested on."""

from __future__ import annotations

from dataclasses import dataclass

from syncbot.model.ids import PackageName
from syncbot.model.judgement import Judgement

Fact = tuple[str, ...]
"""A question and its answer, the last word: `("target", "src/a.c", "100644 <blob id>")`. An answer that is long stands
as its digest; none at all as `-`."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One answer of the judge. `key` is made of what it was asked about; `facts` is what it saw, in an order in which
    they are cheap to hold against another release; `patches` is what it said."""

    key: str
    package: PackageName
    facts: tuple[Fact, ...]
    patches: tuple[Judgement, ...] = ()
    promised: bool = False
    """Whether the judgement was verified, too; `facts` has what that saw."""
