"""Where a commit did something, and what may stand anywhere."""

from __future__ import annotations

import pytest

from syncbot.diff.patch import Hunk
from syncbot.judge.commits_lines import Weights
from syncbot.judge.commits_place import MOST_PLACES, Spot, defines, spot


@pytest.mark.parametrize(
    ("lines", "whole"),
    [
        ("    def a(self):\n        return 1", True),
        ("    @property\n    def a(self):\n        return 1\n\n    def b(self):\n        return 2", True),
        ("    public int a() {\n        return 1;\n    }", True),
        ("    // What it is for.\n    static void a(int b) const {\n        b();\n    }", True),
        ("    self.bridge.flood(\n        name, True)", False),
        ("    app.use(function (request) {\n        check(request);\n    }", False),
        ("    if (a) {\n        b();\n    }", False),
        ("    def a(self):\n        return 1\n    check(a)", False),
        ("    total = sum(\n        parts)", False),
        ("    a()\n    b()", False),
        ("    def a(self):\n        return 1\n\n    @property", False),
    ],
)
def test_definitions_are_told_from_statements(lines: str, whole: bool) -> None:
    """Of statements the order counts: a definition may stand anywhere in its class."""
    assert defines(lines.encode().split(b"\n")) is whole


ADDED = Hunk(0, 5, (("+", b"repeat();\n"),))
WEIGHTS = Weights(lambda line: 0)


@pytest.mark.parametrize(("before", "now", "here"), [(3, 3, False), (3, 4, True), (0, 1, True), (4, 3, False)])
def test_lines_that_follow_one_another_are_counted_one_by_one(before: int, now: int, here: bool) -> None:
    """In a hunk without context the end of one is the start of the next."""
    old, new = (b"int head;\n" + b"repeat();\n" * count for count in (before, now))
    assert (spot(ADDED, old, new, None, WEIGHTS) is Spot.HERE) is here


def test_more_places_than_are_told_apart_show_nothing() -> None:
    old, new = (b"repeat();\n" * (MOST_PLACES + more) for more in (5, 6))
    assert spot(ADDED, old, new, None, WEIGHTS) is not Spot.HERE
