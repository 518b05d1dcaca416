"""The shapes of the HTTP interface. Where `--json` has a schema, an item has the same fields and meanings."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from syncbot.model.events import Deed
from syncbot.model.measures import Forwarded
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.verdicts import Action, Fit, HunkState, Proof, Verdict

T = TypeVar("T")


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Model, Generic[T]):
    """One page of a list. `total`: of all pages."""

    total: int
    limit: int
    offset: int
    items: list[T]


class Total(Model):
    """The measures of several patches together; null: not known."""

    patches: int
    files: int
    lines: int
    added: int
    removed: int
    oldest_days: int | None
    refreshed: int | None
    conflicts: int | None
    unsent: int
    cves: list[str]
    asks: int
    dropped: int
    dropped_this_month: int
    days_to_drop: int | None


class WholeTotal(Total):
    packages: int


class Package(Total):
    """As in `syncbot.report/1`, with whether it is paused."""

    package: str
    owners: list[str]
    layout: str
    upstream: str
    base: str | None
    newest: str | None
    up_to_date: bool | None
    behind: int | None
    days_behind: int | None
    share: float | None
    share_of: str | None
    checked_at: datetime | None
    alerts: list[str]


class Drop(Model):
    """As in `syncbot.delta/1`."""

    name: str
    target: str
    verdict: Verdict
    proof: Proof | None
    commit: str | None
    first_release: str | None
    released: datetime | None
    dropped_at: datetime
    days_to_drop: int | None
    restored: bool


class Pause(Model):
    """Nothing is proposed for the package until then (null: until the pause is taken back)."""

    until: datetime | None
    reason: str
    by: str


class PackageWithDrops(Package):
    drops: list[Drop]
    pause: Pause | None


class Patch(Model):
    """As in `syncbot.delta/1`."""

    package: str
    index: int
    name: str
    subject: str
    verdict: Verdict | None
    action: Action | None
    proof: Proof | None
    target: str | None
    files: int
    lines: int
    added: int
    removed: int
    age_days: int | None
    refreshed: int | None
    conflicts: int | None
    forwarded: Forwarded
    cves: list[str]
    keep: str | None


class Release(Model):
    version: str
    name: str
    identity: str
    date: str | None


class Evidence(Model):
    kind: str
    commit: str | None
    detail: str
    subject: str | None
    author: str | None
    date: str | None
    release: str | None
    link: str | None


class Hunk(Model):
    index: int
    state: HunkState
    base_line: int | None
    target_line: int | None


class File(Model):
    path: str
    target_path: str | None
    hunks: list[Hunk]


class Part(Model):
    index: int
    subject: str
    verdict: Verdict


class Compared(Model):
    path: str
    target_path: str | None
    commit: str | None
    our_line: int | None
    their_line: int | None
    ours: str
    theirs: str


class Judged(Model):
    """One entry of a series against one release, as in `syncbot.judge/1`."""

    index: int
    name: str
    fit: Fit
    verdict: Verdict
    action: Action
    proof: Proof | None
    reason: str
    blocked_by: list[str]
    absorbed_by: str | None
    first_release: str | None
    evidence: list[Evidence]
    files: list[File]
    parts: list[Part] | None
    refreshed: str | None
    lines_before: int
    lines_after: int
    compared: list[Compared]


class Explanation(Model):
    """As `syncbot.explain/1`."""

    schema_: Literal["syncbot.explain/1"] = Field(alias="schema")
    package: str
    upstream: str
    base: Release
    target: Release
    judged_at: datetime
    dropped_at: datetime | None
    returning: str | None
    verdict_sentence: str
    fit_sentence: str
    what_would_change_it: str
    patch: Judged
    content: str


class Owner(Total):
    """As in `syncbot.owners/1`; null: packages that nobody owns."""

    owner: str | None
    packages: int
    behind: int | None


class Coming(Model):
    """As in `syncbot.forecast/1`."""

    package: str
    owners: list[str]
    name: str
    base: str
    lines: int
    cves: list[str]
    commit: str | None
    subject: str | None
    date: str | None
    release: str | None
    link: str | None


class Event(Model):
    """As in `syncbot.history/1`."""

    at: datetime
    package: str
    event: Deed
    base: str | None
    target: str | None
    subject: str | None
    proposal: str | None
    patches: int | None
    patches_after: int | None
    lines: int | None
    lines_after: int | None
    asks: int | None


class Proposal(Model):
    """As in `syncbot.proposals/1`."""

    id: str
    package: str
    line: str
    branch: str
    tip: str
    parent: str
    title: str
    target: str
    status: ProposalStatus
    draft: bool
    fingerprint: str
    opened: datetime
    updated: datetime
    note: str


class Run(Model):
    """One run of the daily job; `outcome`: its counts, null while it runs."""

    id: int
    kind: str
    started: datetime
    finished: datetime | None
    outcome: dict[str, int | str | bool | dict[str, int]] | None


class Found(Model):
    """Something that a search found."""

    kind: Literal["package", "patch", "owner", "advisory"]
    name: str
    package: str | None
    detail: str
    page: str


class Day(Model):
    """The delta at the end of a day, UTC."""

    day: str
    patches: int
    lines: int


class Overview(Model):
    """What the first page shows."""

    total: WholeTotal
    behind: int
    open_proposals: int
    coming: int
    unread: int
    hidden: int
    days: list[Day]


class Reason(Model):
    """Why something is asked for, told to people."""

    reason: str = Field(min_length=1, max_length=400, pattern=r"\S")


class Pausing(Reason):
    until: datetime | None = None


class Done(Model):
    """What was done."""

    said: str


class Problem(Model):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
