"""The kinds of news, apart from the news: settings name them, and every command reads those."""

from __future__ import annotations

from enum import StrEnum


class NewsKind(StrEnum):
    """What is worth to be told at once."""

    OBSOLETE = "obsolete"
    CONFLICT = "conflict"
    REVERTED = "reverted"
    ALERT = "alert"
    FAILURE = "failure"

    @property
    def sentence(self) -> str:
        return _NEWS[self]


_NEWS = {
    NewsKind.OBSOLETE: "A release has all of a patch.",
    NewsKind.CONFLICT: "A patch neither applies to a release nor is in it.",
    NewsKind.REVERTED: "Upstream took back what it had of a patch.",
    NewsKind.ALERT: "A release or tag that was seen before changed or went.",
    NewsKind.FAILURE: "A package keeps failing and was put aside.",
}
