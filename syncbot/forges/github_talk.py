"""The GitHub forge's words: comments, the dashboard's issue, checks, permissions, and the kill switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from syncbot.errors import ForgeRefused
from syncbot.forges.github_api import NEW, Api
from syncbot.forges.github_book import ACCEPTED, CLOSED
from syncbot.forges.github_models import Entry
from syncbot.model.forge import Check, Comment, Issue, Permission, Person, PersonKind, Reaction
from syncbot.model.ids import CommitId
from syncbot.report import controls

STOP_LABEL = "syncbot-stop"
"""Where the repository has a label of this name, syncbot writes nothing to it."""
_T = TypeVar("_T")
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


class GitHubTalk:
    """Implements `Talk`, `Board` and `Checks` of `syncbot.ports`. `base`: the downstream branch."""

    def __init__(self, api: Api, base: str) -> None:
        self._api = api
        self._base = base
        self._by_label: bool | None = None
        self.switch: Callable[[], str | None] = lambda: None
        """The kill switch that does not lie with the forge: setting and environment."""
        api.session.stop = self.stopped

    def stopped(self) -> str | None:
        reason = self.switch()
        if reason is not None:
            return reason
        if self._by_label is None:
            self._by_label = self._api.has_label(STOP_LABEL)
        return f"the repository has the label {STOP_LABEL}" if self._by_label else None

    def me(self) -> Person:
        kind = PersonKind.BOT if self._api.session.credentials.is_app else PersonKind.PERSON
        return Person(self._api.me, kind, me=True)

    def permission(self, login: str) -> Permission:
        return self._api.permission(login) if login else Permission.NONE

    def codeowners(self) -> str | None:
        for path in _OWNERS:
            text = self._api.file(path, self._base)
            if text is not None:
                return text
        return None

    def comments(self, id: str) -> Sequence[Comment]:
        return self._api.comments(id)

    def comment(self, id: str, body: str, at: datetime) -> Comment:  # noqa: ARG002  # GitHub's clock counts
        def look_up() -> Comment | None:
            own = [comment for comment in self._api.comments(id) if comment.author.me]
            return own[-1] if own and own[-1].body.replace("\r\n", "\n").strip() == body.strip() else None

        return (look_up() if id != NEW else None) or self._api.comment(id, body, look_up)

    def _say_why(self, id: str, ended: str, reason: str, at: datetime) -> None:
        """On the page, where people see that syncbot closed it: the marker is hidden. Said first, so that the run after
        one that was killed in between only closes it. What a person rejected is answered where that was said."""
        if ended == CLOSED:
            self.comment(id, controls.withdrawn(reason), at)
        elif ended == ACCEPTED:
            self.comment(id, controls.taken(reason), at)

    def react(self, id: str, comment: str, reaction: Reaction) -> None:
        found = next((one for one in self._api.comments(id) if one.id == comment), None)
        if found is None:
            raise ForgeRefused(f"there is no comment {comment} on {id}", "it may have been deleted")
        if reaction not in found.answered:
            self._api.react(comment, reaction)

    def minimise(self, id: str, comment: str) -> None:  # noqa: ARG002  # GitHub's comments have ids of their own
        self._api.minimise(self._api.comment_node(comment))

    def find_issue(self, marker: str) -> Issue | None:
        found = [one for one in self._api.entries() if not one.pull and one.author.me and marker in one.body]
        if not found:
            return None
        issue = _issue(min(found, key=lambda one: int(one.number)))
        return issue if issue.open else replace(issue, closed_by=self._api.entry(issue.id).closed_by)

    def open_issue(self, title: str, body: str, labels: Sequence[str], at: datetime) -> Issue:  # noqa: ARG002
        def look_up() -> Entry | None:
            own = (one for one in self._api.entries() if not one.pull and one.author.me and one.open)
            return next((one for one in own if (one.title, one.body.strip()) == (title, body.strip())), None)

        return _issue(self._api.open_issue(title, body, labels, look_up))

    def update_issue(self, id: str, title: str, body: str, at: datetime) -> Issue:
        found = _issue(self._api.entry(id))
        if (found.title, found.body.replace("\r\n", "\n").strip()) == (title, body.strip()):
            return found
        self._api.change_issue(id, title, body)
        return replace(found, title=title, body=body, updated=at)

    def report_check(self, commit: CommitId, check: Check) -> None:
        """A check run where syncbot is an App, else a commit status, which holds one line."""
        if not self._api.session.credentials.is_app:
            short = replace(check, title=check.title[:140], summary="")
            if short not in self._known(commit, self._api.statuses):
                self._api.set_status(commit, short)
            return
        known = next(
            ((id, one) for id, one in self._known(commit, self._api.check_runs) if one.name == check.name), None
        )
        if known is None or known[1] != check:
            self._api.set_check_run(commit, check, None if known is None else known[0])

    def _known(self, commit: CommitId, ask: Callable[[CommitId], list[_T]]) -> list[_T]:
        """Nothing of a commit that GitHub has not: a rehearsal pushed none."""
        try:
            return ask(commit)
        except ForgeRefused:
            if self._api.session.is_rehearsal:
                return []
            raise

    def checks(self, commit: CommitId) -> Sequence[Check]:
        runs = {one.name: one for _id, one in self._api.check_runs(commit)}
        return list({one.name: one for one in (*self._api.statuses(commit), *runs.values())}.values())


def _issue(entry: Entry) -> Issue:
    return Issue(
        id=entry.number,
        title=entry.title,
        body=entry.body,
        open=entry.open,
        updated=entry.updated,
        url=entry.url,
        closed_by=entry.closed_by,
        labels=entry.labels,
    )
