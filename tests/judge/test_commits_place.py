"""Where a commit did something, and what may stand anywhere."""

from __future__ import annotations

import pytest

from syncbot.judge.commits_place import defines


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
