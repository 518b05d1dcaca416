"""What a rewrite did to a patch, and whether one was ever sent upstream."""

from __future__ import annotations

from datetime import date

import pytest

from syncbot.model.verdicts import Action, Verdict
from syncbot.report.loss import Loss, loss, warning
from syncbot.report.range_diff import range_diff
from syncbot.report.sent import unsent_since
from tests.report.values import judgement

OLD = b"--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"
SHIFTED = b"--- a/a.c\n+++ b/a.c\n@@ -11,3 +11,3 @@\n uno\n-  two\n+  TWO\n tres\n"
LESS = b"--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,2 @@\n one\n-two\n three\n"
OTHER = OLD.replace(b"TWO", b"Two")


@pytest.mark.parametrize(
    ("after", "found"),
    [(OLD, Loss((), ())), (SHIFTED, Loss((), ())), (LESS, Loss(("+TWO",), ())), (OTHER, Loss(("+TWO",), ("+Two",)))],
)
def test_what_a_refresh_took_and_brought(after: bytes, found: Loss) -> None:
    assert loss(OLD, after) == found


def test_content_loss_is_warned_of_and_a_trim_is_none() -> None:
    refreshed = judgement("a.patch", Verdict.REFRESH, Action.REWRITE)
    assert warning(refreshed, OLD, OTHER) == (
        "The refresh of a.patch changed what the patch does: 1 line of it went (+TWO), and 1 line came (+Two)."
        " Read it line by line."
    )
    assert warning(refreshed, OLD, SHIFTED) == ""
    assert warning(judgement("a.patch", Verdict.TRIM, Action.REWRITE), OLD, LESS) == ""
    assert warning(judgement("a.patch", Verdict.OBSOLETE, Action.DROP), OLD, None) == ""
    assert warning(refreshed, b"no patch", OLD) == ""


def test_the_range_diff_of_a_series() -> None:
    made = range_diff([("a", OLD, None), ("b", OLD, OLD), ("c", OLD, OTHER)])  # type: ignore[list-item]  # names
    assert made == (
        "1:  a < -:  dropped\n"
        "2:  b = 1:  b\n"
        "3:  c ! 2:  c\n"
        "    @@ -4,5 +4,5 @@\n"
        "      one\n"
        "     -two\n"
        "    -+TWO\n"
        "    ++Two\n"
        "      three\n"
        "     "
    )
    assert range_diff([("b", OLD, OLD)]) == ""  # type: ignore[list-item]  # a name


@pytest.mark.parametrize(
    ("header", "since"),
    [
        ("Date: Tue, 2 Jan 2018 23:04:05 -0500\nSubject: x\n", date(2018, 1, 3)),
        ("Description: x\nLast-Update: 2019-05-06\n", date(2019, 5, 6)),
        ("Forwarded: no\nLast-Update: 2019-05-06\n", date(2019, 5, 6)),
        ("Upstream-Status: Pending\nLast-Update: 2019-05-06\n", date(2019, 5, 6)),
        ("Forwarded: https://example.org/1\nLast-Update: 2019-05-06\n", None),
        ("Forwarded: not-needed\nLast-Update: 2019-05-06\n", None),
        ("Upstream-Status: Submitted [list]\nLast-Update: 2019-05-06\n", None),
        ("Date: Tue, 2 Jan 2018 03:04:05 +0000\n\n(cherry picked from commit 1234)\n", None),
        ("Origin: upstream, https://example.org\nLast-Update: 2019-05-06\n", None),
        ("Date: yesterday\n", None),
        ("Last-Update: 2019-15-06\n", None),
        ("no date\n", None),
        ("", None),
    ],
)
def test_since_when_a_patch_waits_to_be_sent(header: str, since: date | None) -> None:
    assert unsent_since(header.encode() + OLD) == since


def test_what_the_diff_says_is_not_the_header() -> None:
    assert unsent_since(OLD + b"+Last-Update: 2019-05-06\nLast-Update: 2019-05-06\n") is None
