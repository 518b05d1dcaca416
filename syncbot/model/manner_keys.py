"""The keys of `[proposals]`: how the bot behaves towards the people who review."""

from __future__ import annotations

from typing import Any

from syncbot.model.settings import Manners
from syncbot.model.tables import FLAG, NAME, NAMES, Key, Kind, Values, Wrong
from syncbot.model.windows import EXPECTED, parse

_DEFAULT = Manners()


def _limit(value: object) -> int | None:
    if value == "none":
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Wrong('a whole number, or "none"')
    return value


def _windows(value: object) -> tuple[str, ...]:
    found = NAMES.read(value)
    for text in found:
        if parse(text) is None:
            raise Wrong(EXPECTED, "give days as mon to sun and hours as HH:MM-HH:MM", culprit=text)
    return found


_LIMIT = Kind('integer or `"none"`', _limit)

MAX_OPEN: Key[int | None] = Key(
    "proposals.max-open",
    _LIMIT,
    _DEFAULT.max_open,
    str(_DEFAULT.max_open),
    "How many proposals may be open at a time; what upstream took back and drops of security fixes go first.",
)
PER_HOUR: Key[int | None] = Key(
    "proposals.per-hour",
    _LIMIT,
    _DEFAULT.per_hour,
    str(_DEFAULT.per_hour),
    "How many proposals may be opened within an hour.",
)
WINDOWS: Key[tuple[str, ...]] = Key(
    "proposals.windows",
    Kind("list of strings", _windows),
    _DEFAULT.windows,
    "empty",
    'When proposals may be opened and updated, such as `"mon-fri 08:00-18:00"`, in the time zone of the schedule.',
)
LABELS: Key[tuple[str, ...]] = Key(
    "proposals.labels", NAMES, _DEFAULT.labels, '["syncbot"]', "The labels that every proposal gets."
)
DRAFT_LABEL = Key(
    "proposals.draft-label",
    NAME,
    _DEFAULT.draft_label,
    f'"{_DEFAULT.draft_label}"',
    "The label of a proposal that waits for a person.",
)
ASSIGNEES: Key[tuple[str, ...]] = Key(
    "proposals.assignees", NAMES, _DEFAULT.assignees, "none", "Who is assigned to every proposal."
)
REVIEWERS: Key[tuple[str, ...]] = Key(
    "proposals.reviewers",
    NAMES,
    _DEFAULT.reviewers,
    "none",
    "Who is asked to review every proposal: logins, `org/team`.",
)
ASK_OWNERS = Key(
    "proposals.ask-owners",
    FLAG,
    _DEFAULT.ask_owners,
    "true",
    "Whether the owners in CODEOWNERS and in the package's `owners` are asked to review, too.",
)
DASHBOARD = Key("proposals.dashboard", FLAG, _DEFAULT.dashboard, "true", "Whether there is a dashboard issue.")

MANNER_KEYS: tuple[Key[Any], ...] = (
    MAX_OPEN,
    PER_HOUR,
    WINDOWS,
    LABELS,
    DRAFT_LABEL,
    ASSIGNEES,
    REVIEWERS,
    ASK_OWNERS,
    DASHBOARD,
)


def read_manners(values: Values) -> Manners:
    return Manners(
        max_open=values.get(MAX_OPEN),
        per_hour=values.get(PER_HOUR),
        windows=values.get(WINDOWS),
        labels=values.get(LABELS),
        draft_label=values.get(DRAFT_LABEL),
        assignees=values.get(ASSIGNEES),
        reviewers=values.get(REVIEWERS),
        ask_owners=values.get(ASK_OWNERS),
        dashboard=values.get(DASHBOARD),
    )
