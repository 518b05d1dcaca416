"""What a run came to, so that two runs can be compared; and what it must not leave behind."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg

from soaking.forge import Forge
from soaking.world import git

_QUERIES = {
    "current judgement": (
        "SELECT c.package, j.base_version || ' ' || j.target_version || ' ' || j.key FROM current c "
        "JOIN judgement j ON j.key = c.key"
    ),
    "verdicts": "SELECT package || ' ' || place, name || ' ' || verdict || ' ' || action FROM told",
    "releases": "SELECT package || ' ' || version, identity FROM release",
    "proposal as stored": (
        "SELECT package || ' ' || line, status || ' ' || target_version || ' ' || fingerprint FROM proposal"
    ),
    "memory": "SELECT DISTINCT package, key FROM memory",
    "what patches met": "SELECT package || ' ' || name || ' ' || word || ' ' || target, 'met' FROM met",
    "dropped": "SELECT package || ' ' || name, digest FROM dropped",
    "failures": "SELECT package, kind FROM failure",
}
Outcome = Mapping[str, Mapping[str, Any]]


def outcome(forge: Forge, address: str) -> Outcome:
    """{kind: {what it is about: what it says}} of everything that a run leaves for people and for the next run."""
    found: dict[str, dict[str, Any]] = {"proposal on the forge": _proposals(forge), "branch": _branches(forge)}
    with psycopg.connect(address) as connection:
        for kind, query in _QUERIES.items():
            found[kind] = dict(connection.execute(query).fetchall())  # type: ignore[call-overload]  # ours
    return found


def _proposals(forge: Forge) -> dict[str, Any]:
    """By branch, whatever their numbers are; without the marker, which has times and commits in it."""
    found: dict[str, Any] = {}
    for pull in forge.pulls.values():
        said = re.sub(r"<!--.*?-->", "", pull["body"], flags=re.DOTALL)
        labels = sorted(label["name"] for label in pull["labels"])
        row = (pull["state"], pull["title"], pull["draft"], labels, said.strip())
        found.setdefault(pull["head"]["ref"], []).append(row)
    return found


def _branches(forge: Forge) -> dict[str, str]:
    """{branch: its tree}."""
    form = "--format=%(refname:short) %(tree)"
    return dict(line.split(" ", 1) for line in git(forge.bare, "for-each-ref", form, "refs/heads").splitlines())


def differences(calm: Outcome, rough: Outcome) -> list[str]:
    """A line for each thing that is not as in the undisturbed run."""
    found = []
    for kind, wanted in calm.items():
        for name in sorted({*wanted, *rough[kind]}):
            if wanted.get(name) != rough[kind].get(name):
                found.append(f"{kind}, {name}: {_short(wanted.get(name))}, but {_short(rough[kind].get(name))}")
    return found


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:200]}... ({hashlib.sha256(text.encode()).hexdigest()[:12]})"


def left_behind(forge: Forge, address: str, states: Sequence[Path]) -> list[str]:
    """Doubled proposals, jobs, leases and lock files, dead letters."""
    found = [f"{branch} was proposed {count} times" for branch, count in forge.opened.items() if count > 1]
    with psycopg.connect(address) as connection:
        for what, query in (
            ("jobs", "SELECT task_name, status::text, args::text FROM procrastinate_jobs WHERE task_name <> 'tick'"),
            ("leases", "SELECT lease.name, holder.expires FROM lease JOIN holder USING (token)"),
            ("dead letters", "SELECT name, why FROM dead_letter"),
            ("runs without an end", "SELECT kind, count(*) FROM run WHERE finished IS NULL GROUP BY kind HAVING false"),
        ):
            rows = connection.execute(query).fetchall()  # type: ignore[call-overload]  # ours
            found += [f"{what}: {row}" for row in rows]
    for state in states:
        for file in [*state.rglob("*.lock"), *state.rglob("*.building"), *state.rglob("*.old")]:
            inside = any(part.endswith(".git") for part in file.relative_to(state).parent.parts)
            if inside or file.suffix != ".lock":
                found.append(f"left behind: {file.relative_to(state)}")
    return found


def busy(address: str) -> float:
    """Seconds from the start of the first run to the end of the last: without the start of the workers."""
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT extract(epoch FROM max(finished) - min(started)) FROM run").fetchone()
    return float(row[0]) if row is not None and row[0] is not None else 0.0


def runs(address: str) -> Counter[str]:
    """How many runs there were, and how many were broken off."""
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT finished IS NULL, count(*) FROM run GROUP BY 1").fetchall()
    return Counter({"broken off" if torn else "finished": count for torn, count in rows})
