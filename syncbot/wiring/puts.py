"""Where syncbot put the branches of its proposals, known to all machines that share a store."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syncbot.forges.branches import SharedPuts
from syncbot.model.ids import CommitId
from syncbot.ports.dealings import Dealings

_PUT = "put"
"""The kind of fact: {repository and branch: commits}."""


def shared_puts(store: Dealings, repository: str) -> SharedPuts:
    """`repository`: tells it from any other."""

    def read(branch: str) -> Sequence[CommitId]:
        return [CommitId(each) for each in json.loads(store.facts(_PUT).get(f"{repository} {branch}", "[]"))]

    def keep(branch: str, commits: Sequence[CommitId]) -> None:
        store.set_fact(_PUT, f"{repository} {branch}", json.dumps(commits))

    return SharedPuts(read, keep)
